// Who is logged in: a signed cookie and nothing stored, so that a restarted office still knows; no passwords here.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const lifeMs = 12 * 3_600_000;
/** A clock that was set back this much still honors a session; more, and it must be opened anew. */
const clockSlackMs = 5 * 60_000;
const maxEnded = 1_000;
const tokenPattern = /^v1\.([0-9a-z]{1,12})\.([0-9a-f]{32})\.([0-9A-Za-z_-]{43})$/;

export interface Session {
  readonly name: string;
  readonly endsWallMs: number;
}

export interface SessionOptions {
  readonly keyHex: string;
  readonly port: number;
  readonly secure: boolean;
  readonly wall: () => number;
}

export class Sessions {
  readonly #key: Buffer;
  readonly #wall: () => number;
  readonly #secure: boolean;
  /** Cookies ignore ports: with the port in its name, two controllers on one machine keep apart. */
  readonly #cookie: string;
  /** Logged out before their time. */
  readonly #ended = new Map<string, number>();

  constructor(options: SessionOptions) {
    this.#key = Buffer.from(options.keyHex, "hex");
    this.#wall = options.wall;
    this.#secure = options.secure;
    this.#cookie = `${options.secure ? "__Host-" : ""}postern-${options.port}`;
  }

  /** The Set-Cookie value of a new session. */
  start(): string {
    const payload = `v1.${this.#wall().toString(36)}.${randomBytes(16).toString("hex")}`;
    return this.#setCookie(`${payload}.${this.#sign(payload)}`, lifeMs / 1000);
  }

  find(cookieHeader: string | undefined): Session | null {
    for (const pair of (cookieHeader ?? "").split(";")) {
      const [name, value] = pair.trim().split("=", 2);
      if (name !== this.#cookie) continue;
      const session = this.#verify(value ?? "");
      if (session !== null) return session;
    }
    return null;
  }

  /** The Set-Cookie value that clears it. */
  end(session: Session): string {
    const now = this.#wall();
    for (const [name, ends] of this.#ended) {
      if (ends <= now || this.#ended.size >= maxEnded) this.#ended.delete(name);
    }
    this.#ended.set(session.name, session.endsWallMs);
    return this.#setCookie("", 0);
  }

  #verify(token: string): Session | null {
    const [, issued = "", name = "", mac = ""] = tokenPattern.exec(token) ?? [];
    if (name === "") return null;
    const expected = this.#sign(`v1.${issued}.${name}`);
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) return null;
    const issuedMs = Number.parseInt(issued, 36);
    const ageMs = this.#wall() - issuedMs;
    if (ageMs < -clockSlackMs || ageMs >= lifeMs || this.#ended.has(name)) return null;
    return { name, endsWallMs: issuedMs + lifeMs };
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#key).update(`postern console session\n${payload}`).digest("base64url");
  }

  #setCookie(value: string, maxAgeSeconds: number): string {
    const secure = this.#secure ? "; Secure" : "";
    return `${this.#cookie}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
  }
}
