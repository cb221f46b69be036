// The ledger as a process of its own, for tests; its paths come as JSON.
import { runLedger } from "../../src/ledger/process.ts";

runLedger(JSON.parse(process.argv[2] ?? "{}") as Parameters<typeof runLedger>[0]);
