// The card that tells a newcomer which codes and cards the simulated site's sample people have.
import type { PageSite } from "../wire.ts";
import { copyOf, need, setIcon, setText } from "./elements.ts";
import { splitLabel } from "./sample-label.ts";

const icons = { pin: "keypad", card: "card", qr: "qr" } as const;
const kinds = { pin: "PIN", card: "Card", qr: "QR code" } as const;

export function drawSamples(root: HTMLElement, site: PageSite): void {
  root.hidden = !site.simulated || site.samples.length === 0;
  need(root, "#samples", HTMLElement).replaceChildren(
    ...site.samples.map((sample) => {
      const row = copyOf("sample");
      setIcon(need(row, ".sample-icon", SVGElement), icons[sample.kind]);
      const { name, note } = splitLabel(sample.label);
      setText(need(row, ".sample-name", HTMLElement), name);
      setText(
        need(row, ".sample-note", HTMLElement),
        note === "" ? kinds[sample.kind] : `${kinds[sample.kind]} · ${note}`,
      );
      setText(need(row, ".sample-secret", HTMLElement), sample.secret);
      return row;
    }),
  );
}
