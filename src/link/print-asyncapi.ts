// Prints the AsyncAPI document that docs/asyncapi.json publishes; knows nothing else.
import { asyncApiText } from "./asyncapi.ts";

process.stdout.write(asyncApiText());
