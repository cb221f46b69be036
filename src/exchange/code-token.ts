// Tokens of codes as files carry them, in the place of the code: `token:6:…`, with a duress twin's token behind it. Pure.
import type { CodeToken } from "../domain/directory-export.ts";

export const tokenPattern = /^token:([0-9]{1,2}|-):([A-Za-z0-9_-]{22})(?::([A-Za-z0-9_-]{22}))?$/;

export function parseToken(text: string): CodeToken | null {
  const [, digits = "", token = "", twin = null] = tokenPattern.exec(text) ?? [];
  return token === "" ? null : { token, digits: digits === "-" ? null : Number(digits), twin };
}

export const formatToken = ({ token, digits, twin }: CodeToken): string =>
  `token:${digits ?? "-"}:${token}${twin === null ? "" : `:${twin}`}`;
