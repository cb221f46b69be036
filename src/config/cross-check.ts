// Finds settings that are fine alone and wrong together; knows no file and no line.
import { isTimeZone } from "../domain/local-time.ts";
import { nearest } from "./nearest.ts";
import type { Finding, Step } from "./problem.ts";
import { pathText, shortValue } from "./problem.ts";
import type { Salvage } from "./salvage.ts";
import { deviceClashes } from "./wiring-check.ts";
