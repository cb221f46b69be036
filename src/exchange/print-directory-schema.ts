// Prints the JSON Schema that directory.schema.json publishes; knows nothing else.
import { directorySchemaText } from "./directory-schema.ts";

process.stdout.write(directorySchemaText());
