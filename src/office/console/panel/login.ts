// The page at the door of the console: hands in the one-time code, from the link or typed, and says what went wrong.
import type { PageAnswer } from "../wire.ts";
import { need, setText } from "./elements.ts";

const form = need(document, "form", HTMLFormElement);
const field = need(document, "#code", HTMLInputElement);
const button = need(document, "form button", HTMLButtonElement);
const problem = need(document, "#problem", HTMLElement);
const remedy = need(document, "#remedy", HTMLElement);

async function enter(code: string): Promise<void> {
  button.disabled = true;
  problem.hidden = true;
  remedy.hidden = true;
  const answer = await handIn(code);
  if (answer.ok) {
    location.replace("/");
    return;
  }
  button.disabled = false;
  setText(problem, answer.problem ?? "That did not work.");
  problem.hidden = false;
  remedy.hidden = answer.code !== "codeUsed" && answer.code !== "codeExpired";
  field.setAttribute("aria-invalid", "true");
  field.focus();
  field.select();
}

async function handIn(code: string): Promise<PageAnswer> {
  try {
    const response = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
      signal: AbortSignal.timeout(8_000),
    });
    return (await response.json()) as PageAnswer;
  } catch {
    return { ok: false, problem: "Postern does not answer. Is it running?" };
  }
}

/** The code leaves the address bar and the history before anything else happens with it. */
function enterByLink(): void {
  const { hash } = location;
  if (!hash.startsWith("#code=")) return;
  history.replaceState(null, "", "/");
  void enter(hash.slice("#code=".length));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (field.value.trim() !== "") void enter(field.value);
});
field.addEventListener("input", () => field.removeAttribute("aria-invalid"));
addEventListener("hashchange", enterByLink);
// Disabled until here: a form that nobody listens to would put the code into the address.
field.disabled = false;
button.disabled = false;
field.focus();
enterByLink();
