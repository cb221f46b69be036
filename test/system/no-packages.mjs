// Loaded before the product: as if the packages that it depends on had been lost.
import { registerHooks } from "node:module";

registerHooks({
  resolve(name, context, next) {
    if (/^(better-sqlite3|zod)($|\/)/.test(name)) throw new Error(`${name} is gone`);
    return next(name, context);
  },
});
