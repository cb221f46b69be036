// The little of XML that lists of people need: elements with attributes, no document type, no entities but the five and numbers.
// Pure.

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly line: number;
}

export type XmlReading =
  | { readonly ok: true; readonly elements: readonly XmlElement[] }
  | { readonly ok: false; readonly line: number; readonly problem: string };

const maxDepth = 8;
const maxElements = 200_000;
const maxAttributes = 64;
const maxValueLength = 4_096;

class Flaw extends Error {}

interface Open extends XmlElement {
  readonly children: XmlElement[];
}

/** Elements may stand side by side at the top, as some devices write them. */
export function readXml(text: string): XmlReading {
  const reader = new XmlReader(text.replace(/^\ufeff/, ""));
  try {
    return { ok: true, elements: reader.read() };
  } catch (error) {
    if (error instanceof Flaw) return { ok: false, line: reader.line, problem: error.message };
    throw error;
  }
}

export const writeXmlText = (value: string): string =>
  value.replace(/[&<>"\t\r\n]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const space = /\s*/y;
const declaration = /<\?xml\s[^?]*\?>/y;
const closing = /<\/([A-Za-z_][\w.-]*)\s*>/y;
const opening = /<([A-Za-z_][\w.-]*)/y;
const attribute = /\s+([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /\s*(\/?)>/y;

class XmlReader {
  readonly #text: string;
  #at = 0;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get line(): number {
    return this.#text.slice(0, this.#at).split("\n").length;
  }

  read(): XmlElement[] {
    const top: XmlElement[] = [];
    const open: Open[] = [];
    // Counted on the way, so that no line costs a look at the whole text.
    let line = 1;
    let counted = 0;
    this.#match(declaration);
    for (;;) {
      this.#match(space);
      while (this.#skipComment()) this.#match(space);
      if (this.#at >= this.#text.length) break;
      line += this.#text.slice(counted, this.#at).split("\n").length - 1;
      counted = this.#at;
      const close = this.#match(closing);
      if (close !== null) {
        if (open.pop()?.name !== close[1]) throw new Flaw("An element is closed that is not open.");
        continue;
      }
      const { element, isEmpty } = this.#readElement(line);
      (open.at(-1)?.children ?? top).push(element);
      if (!isEmpty) open.push(element);
      if (open.length > maxDepth) throw new Flaw(`Elements are nested deeper than ${maxDepth} levels.`);
    }
    if (open.length > 0) throw new Flaw("An element is not closed.");
    return top;
  }

  #readElement(line: number): { readonly element: Open; readonly isEmpty: boolean } {
    const name = this.#match(opening)?.[1];
    if (name === undefined) throw new Flaw(this.#whyNoElement());
    this.#count += 1;
    if (this.#count > maxElements) throw new Flaw(`The file has more than ${maxElements} elements.`);
    const attributes = new Map<string, string>();
    for (;;) {
      const found = this.#match(attribute);
      if (found === null) break;
      const [, key = "", double, single] = found;
      if (attributes.has(key)) throw new Flaw("An attribute stands twice in one element.");
      if (attributes.size >= maxAttributes) throw new Flaw(`An element has more than ${maxAttributes} attributes.`);
      attributes.set(key, attributeValue(double ?? single ?? ""));
    }
    const end = this.#match(tagEnd);
    if (end === null) throw new Flaw("An element does not end, or an attribute is malformed.");
    return { element: { name, attributes, children: [], line }, isEmpty: end[1] === "/" };
  }

  #skipComment(): boolean {
    if (!this.#text.startsWith("<!--", this.#at)) return false;
    const end = this.#text.indexOf("-->", this.#at + 4);
    if (end < 0) throw new Flaw("A comment does not end.");
    this.#at = end + 3;
    return true;
  }

  #whyNoElement(): string {
    if (this.#text.startsWith("<!", this.#at)) return "Document types and sections are not taken; remove them.";
    if (this.#text.startsWith("<?", this.#at)) return "Processing instructions are not taken; remove them.";
    return "There is text where only elements belong.";
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function attributeValue(raw: string): string {
  if (raw.length > maxValueLength) throw new Flaw(`An attribute has more than ${maxValueLength} characters.`);
  const value = raw.replace(/&([^;&\s]{0,10})(;?)/g, (_, entity: string, end: string) => {
    const found = end === "" ? undefined : characterOf(entity);
    if (found === undefined) throw new Flaw("An entity is not one of the five that XML has by itself.");
    return found;
  });
  if (/[^\P{Cc}\t\r\n]/u.test(value)) throw new Flaw("An attribute holds a character that cannot be printed.");
  return value;
}

function characterOf(entity: string): string | undefined {
  const [, decimal, hex] = /^#(?:([0-9]{1,7})|x([0-9a-fA-F]{1,6}))$/.exec(entity) ?? [];
  if (decimal === undefined && hex === undefined) return Object.hasOwn(named, entity) ? named[entity] : undefined;
  const point = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : undefined;
}
