// Boots the emulated board once and keeps it as it then stands, so that no test has to wait for that again.
import { keepBooted } from "./machine.ts";

await keepBooted();
