// Finds and makes the page's elements with their types known; knows nothing of what they show.

type ElementType<T extends Element> = abstract new (...args: never[]) => T;

export function need<T extends Element>(root: ParentNode, selector: string, type: ElementType<T>): T {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page lacks ${selector}.`);
  return found;
}

/** A fresh copy of what a template holds. */
export function copyOf(templateId: string): HTMLElement {
  const { content } = need(document, `#${templateId}`, HTMLTemplateElement);
  const copy = content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${templateId} is empty.`);
  return copy;
}

/** Text only: names come from people. */
export function textElement(
  tag: "span" | "dt" | "dd" | "p" | "code" | "li" | "button",
  text: string,
  className = "",
): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== "") element.className = className;
  return element;
}

/** Leaves the page alone where it already says so, so that nothing is read aloud twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setIcon(svg: SVGElement, name: string): void {
  need(svg, "use", SVGUseElement).setAttribute("href", `#i-${name}`);
}
