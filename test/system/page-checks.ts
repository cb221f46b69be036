// What can be wrong with a page for people who cannot see it well or cannot aim: measured in the browser itself.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Page } from "playwright-core";

const controls = "button, input, summary, a[href], select, textarea, [role=switch]";

/** Controls that a screen reader could only call "button". */
export function namelessControls(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    const named = (element: Element): boolean => {
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      const by = element.getAttribute("aria-labelledby");
      const texts = [
        element.getAttribute("aria-label"),
        by === null ? null : document.getElementById(by)?.textContent,
        ...labels.map((label) => label.textContent),
        element instanceof HTMLInputElement ? null : element.textContent,
      ];
      return texts.some((text) => (text ?? "").trim() !== "");
    };
    return [...document.querySelectorAll(selector)]
      .filter((element) => element.checkVisibility() && !named(element))
      .map((element) => element.outerHTML.slice(0, 120));
  }, controls);
}

/** Visible controls that are narrower or lower than so many pixels. */
export function smallTargets(page: Page, px: number): Promise<string[]> {
  return page.evaluate(
    ([selector, least]) =>
      [...document.querySelectorAll(selector)]
        .filter((element) => {
          const { width, height, bottom } = element.getBoundingClientRect();
          const seen = element.checkVisibility() && bottom > 0;
          // A keypad's display is looked at; its keys are what is touched.
          return seen && !element.matches(".entry, .skip") && (width < least || height < least);
        })
        .map((element) => {
          const { width, height } = element.getBoundingClientRect();
          return `${element.getAttribute("aria-label") ?? element.textContent?.trim()}: ${width} by ${height}`;
        }),
    [controls, px] as const,
  );
}

/** Visible texts with less than 4.5 to 1 against their background; 3 to 1 for large ones (WCAG 2.2, 1.4.3). */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Rgba = readonly [number, number, number, number];
    const parse = (color: string): Rgba => {
      const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
      return [r, g, b, a];
    };
    const over = (top: Rgba, under: Rgba): Rgba => {
      const mix = (n: 0 | 1 | 2): number => top[n] * top[3] + under[n] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const luminance = (color: Rgba): number => {
      const linear = color.slice(0, 3).map((channel) => {
        const part = channel / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
    };
    /** Every color that the background may have behind this element: the stops of a gradient, or one. */
    const backgrounds = (element: Element | null): readonly Rgba[] => {
      if (element === null) return [[255, 255, 255, 1]];
      const { backgroundColor, backgroundImage } = getComputedStyle(element);
      const stops = backgroundImage.match(/rgba?\([^)]*\)/g);
      const own = stops === null ? [parse(backgroundColor)] : stops.map(parse);
      if (own.every((color) => color[3] === 1)) return own;
      return own.flatMap((color) => backgrounds(element.parentElement).map((under) => over(color, under)));
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      const text = texts.map((node) => node.textContent?.trim()).join("");
      const { width, height } = element.getBoundingClientRect();
      if (text === "" || !element.checkVisibility() || width < 2 || height < 2) continue;
      if (element instanceof SVGElement || element.closest("template, script, noscript, .unseen") !== null) continue;
      const style = getComputedStyle(element);
      const large = Number.parseFloat(style.fontSize) >= 24;
      for (const background of backgrounds(element)) {
        const [light = 0, dark = 0] = [luminance(over(parse(style.color), background)), luminance(background)].sort(
          (a, b) => b - a,
        );
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < (large ? 3 : 4.5)) {
          faint.push(`${text.slice(0, 40)} (${style.color} on ${background.map(Math.round)}): ${ratio.toFixed(2)}`);
        }
      }
    }
    return [...new Set(faint)];
  });
}
