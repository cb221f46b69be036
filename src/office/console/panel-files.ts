// The page's files, read once at the start, so that no request ever names a path on the disk.
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { Fault } from "../../domain/fault.ts";

const mimeTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** What the page needs to log in, and so what is served to strangers. */
const openFiles: readonly string[] = ["login.css", "login.js", "elements.js", "tokens.css", "icon.svg"];
const pages = ["panel.html", "login.html"] as const;

export interface PanelFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Buffer;
  /** Served without a session. */
  readonly open: boolean;
}

export interface PanelFiles {
  readonly panel: PanelFile;
  readonly login: PanelFile;
  /** Everything that the two pages load. */
  readonly parts: readonly PanelFile[];
}

export function loadPanelFiles(folder: URL): PanelFiles {
  const files = readdirSync(folder)
    .filter((name) => extname(name) in mimeTypes)
    .map((name) => loadFile(folder, name));
  const [panel, login] = pages.map((page) => files.find((file) => file.name === page));
  if (panel === undefined || login === undefined) {
    throw new Fault("console.filesMissing", "The console's pages are missing; build Postern again.", {
      folder: folder.pathname,
    });
  }
  return { panel, login, parts: files.filter((file) => extname(file.name) !== ".html") };
}

function loadFile(folder: URL, name: string): PanelFile {
  return {
    name,
    mimeType: mimeTypes[extname(name)] ?? "application/octet-stream",
    bytes: readFileSync(new URL(name, folder)),
    open: openFiles.includes(name),
  };
}
