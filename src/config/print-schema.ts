// Prints the JSON Schema that config.schema.json publishes; knows nothing else.
import { publishedSchemaText } from "./published-schema.ts";

process.stdout.write(publishedSchemaText());
