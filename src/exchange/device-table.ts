// Lists of people as door phones export them: eighteen columns of users and a section of schedules, as CSV or as XML. Pure.
import type { CsvRow } from "./csv.ts";
import { readCsv, writeCsv } from "./csv.ts";
import type { LineProblem } from "./wanted.ts";
import type { XmlElement } from "./xml.ts";
import { readXml, writeXmlText } from "./xml.ts";

export const userColumns = [
  "ID",
  "UserId",
  "Name",
  "WebRelay",
  "Floor",
  "Schedule-Relay",
  "Schedule-SRelay",
  "PinCode",
  "CardCode",
  "BlePinCode",
  "BlePinCodeGenTime",
  "BleKeyID",
  "BleStatus",
  "LicensePlateCode",
  "LicensePlateStartTime",
  "LicensePlateEndTime",
  "LicensePlateLongTermEnable",
  "RelayScheduleActivationPermission",
] as const;

/** Ours: what devices write there is not published. `ScheduleId` and `HolidayExempt` are what others lack. */
export const scheduleColumns = [
  "ID",
  "ScheduleId",
  "Name",
  "Mode",
  "DateStart",
  "DateEnd",
  "Week",
  "Daily",
  "HolidayExempt",
] as const;

/** Read as well, as the devices' local interface names them. */
const otherScheduleColumns = [
  "Type",
  "TimeStart",
  "TimeEnd",
  "Sun",
  "Mon",
  "Tue",
  "Wed",
  "Thu",
  "Fri",
  "Sat",
  "DisplayID",
];

export type DeviceCells = ReadonlyMap<string, string>;

export interface DeviceRow {
  readonly line: number;
  readonly cells: DeviceCells;
}

export interface DeviceTable {
  readonly users: readonly DeviceRow[];
  readonly schedules: readonly DeviceRow[];
  readonly warnings: readonly LineProblem[];
}

export type DeviceReading =
  | { readonly ok: true; readonly table: DeviceTable }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

const sections = {
  UserData: { element: "User", columns: [...userColumns] as readonly string[] },
  ScheduleData: { element: "Schedule", columns: [...scheduleColumns, ...otherScheduleColumns] as readonly string[] },
} as const;
type Section = keyof typeof sections;
const sectionNames = Object.keys(sections) as readonly Section[];

const refuse = (line: number, problem: string, remedy: string): DeviceReading => ({
  ok: false,
  problems: [{ line, problem, remedy }],
});

export function readDeviceCsv(text: string): DeviceReading {
  const reading = readCsv(text);
  if (!reading.ok) return refuse(reading.line, reading.problem, "Save the list again as comma-separated UTF-8 text.");
  const rows: Record<Section, DeviceRow[]> = { UserData: [], ScheduleData: [] };
  const warnings: LineProblem[] = [];
  let section: Section | null = null;
  let header: readonly string[] | null = null;
  for (const row of reading.rows) {
    const begun = sectionOf(row);
    if (begun !== null) [section, header] = [begun, null];
    else if (header === null) {
      section ??= row.cells.includes("UserId") ? "UserData" : null;
      if (section === null)
        return refuse(row.line, "The list does not begin with UserData.", "Add that line above its header.");
      header = row.cells;
      warnings.push(...unknownColumns(header, section, row.line));
    } else if (section !== null) rows[section].push(rowOf(row, header));
  }
  if (section === null) return refuse(1, "The file is empty.", "Write UserData, a header line and the people.");
  return { ok: true, table: { users: rows.UserData, schedules: rows.ScheduleData, warnings } };
}

function sectionOf({ cells }: CsvRow): Section | null {
  const [first, ...rest] = cells;
  return rest.every((cell) => cell === "") ? (sectionNames.find((name) => name === first) ?? null) : null;
}

const rowOf = ({ line, cells }: CsvRow, header: readonly string[]): DeviceRow => ({
  line,
  cells: new Map(header.map((column, n) => [column, cells[n] ?? ""])),
});

function unknownColumns(columns: Iterable<string>, section: Section, line: number): LineProblem[] {
  const unknown = [...columns].filter((column) => column !== "" && !sections[section].columns.includes(column));
  if (unknown.length === 0) return [];
  const names = unknown.slice(0, 5).map((column) => JSON.stringify(column.slice(0, 40)));
  return [
    { line, problem: `What stands under ${names.join(", ")} is not taken.`, remedy: "Nothing needs to be done." },
  ];
}

export function readDeviceXml(text: string): DeviceReading {
  const reading = readXml(text);
  if (!reading.ok) return refuse(reading.line, reading.problem, "Write it as docs/directory.md shows.");
  const tops = reading.elements.flatMap((one) => (isSection(one) ? [one] : one.children));
  const stranger = tops.find((one) => !isSection(one));
  if (stranger !== undefined || tops.length === 0) {
    return refuse(
      stranger?.line ?? 1,
      "There are only UserData and ScheduleData in such a file.",
      "Remove what else there is.",
    );
  }
  const rows: Record<Section, DeviceRow[]> = { UserData: [], ScheduleData: [] };
  const warned = new Map<string, LineProblem>();
  for (const top of tops) {
    const section = top.name as Section;
    for (const one of top.children) {
      const { element } = sections[section];
      if (one.name !== element)
        return refuse(one.line, `There are only ${element} elements in ${section}.`, "Remove this one.");
      for (const found of unknownColumns(one.attributes.keys(), section, one.line)) warned.set(found.problem, found);
      rows[section].push({ line: one.line, cells: one.attributes });
    }
  }
  return { ok: true, table: { users: rows.UserData, schedules: rows.ScheduleData, warnings: [...warned.values()] } };
}

const isSection = ({ name }: XmlElement): boolean => (sectionNames as readonly string[]).includes(name);

/** `parts` leaves a section out, where each has a file of its own. */
export function writeDeviceCsv(table: Omit<DeviceTable, "warnings">, parts = sectionNames): string {
  const linesOf = (name: Section, columns: readonly string[], rows: readonly DeviceRow[]) =>
    parts.includes(name)
      ? [[name], columns, ...rows.map(({ cells }) => columns.map((column) => cells.get(column) ?? ""))]
      : [];
  return writeCsv([
    ...linesOf("UserData", userColumns, table.users),
    ...linesOf("ScheduleData", scheduleColumns, table.schedules),
  ]);
}

export function writeDeviceXml({ users, schedules }: Omit<DeviceTable, "warnings">): string {
  const linesOf = (section: Section, columns: readonly string[], rows: readonly DeviceRow[]) => [
    `  <${section}>`,
    ...rows.map(({ cells }) => {
      const attributes = columns.map((column) => ` ${column}="${writeXmlText(cells.get(column) ?? "")}"`);
      return `    <${sections[section].element}${attributes.join("")}/>`;
    }),
    `  </${section}>`,
  ];
  const body = [...linesOf("UserData", userColumns, users), ...linesOf("ScheduleData", scheduleColumns, schedules)];
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<Directory>", ...body, "</Directory>", ""].join("\n");
}
