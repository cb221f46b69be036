// The office's process as the main process starts it, over an empty record.
import { runOffice } from "../../src/office/process.ts";
import { FakeJournal } from "./fake-journal.ts";

const journal = new FakeJournal();
const readCallFacts = () => ({ person: null, grants: [], holidays: [], trusted: true });
runOffice({ openJournal: () => journal.open(), readCallFacts, readPicture: async () => [] });
