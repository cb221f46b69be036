// The card that tells a newcomer which codes and cards the simulated site's sample people have.
import type { PageSite } from "../wire.ts";
import { copyOf, need, setIcon, setText } from "./elements.ts";

const icons = { pin: "keypad", card: "card", qr: "qr" } as const;
const hints = { pin: "Type it and press #", card: "Tap it below", qr: "Hold it up below" } as const;

export function drawSamples(root: HTMLElement, site: PageSite): void {
  root.hidden = !site.simulated || site.samples.length === 0;
  need(root, "#samples", HTMLElement).replaceChildren(
    ...site.samples.map((sample) => {
      const row = copyOf("sample");
      setIcon(need(row, ".sample-icon", SVGElement), icons[sample.kind]);
      setText(need(row, ".sample-label", HTMLElement), sample.label);
      setText(need(row, ".sample-hint", HTMLElement), hints[sample.kind]);
      setText(need(row, ".sample-secret", HTMLElement), sample.secret);
      return row;
    }),
  );
}
