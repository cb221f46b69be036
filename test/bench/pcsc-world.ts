// What lies around readers at pcscd, in a process of its own so that its work is nobody's who measures: pcscd and cards.
import { createInterface } from "node:readline";
import { DesfireCard } from "../hal/linux/cards/desfire-card.ts";
import { PlainCard, storageAtr } from "../hal/linux/cards/virtual-card.ts";
import { openDaemon } from "../system/pcscd.ts";

const cardEveryMs = 450;
const cards = [
  new PlainCard(storageAtr(0x03, 0x0003), () => Buffer.from("04a1b2c3d4e5f6", "hex")),
  new DesfireCard(() => Buffer.from("04782e21801d80", "hex")),
];
const daemon = await openDaemon();
let showing: NodeJS.Timeout | null = null;

const orders: Readonly<Record<string, () => Promise<void> | void>> = {
  show() {
    let shown = 0;
    showing = setInterval(() => {
      daemon.lay(shown % 2 === 0 ? (cards[(shown / 2) % cards.length] ?? null) : null);
      shown += 1;
    }, cardEveryMs);
  },
  clear() {
    if (showing !== null) clearInterval(showing);
    daemon.lay(null);
  },
  stop: () => daemon.signal("SIGSTOP"),
  go: () => daemon.signal("SIGCONT"),
  async restart() {
    await daemon.kill();
    await daemon.start();
  },
  async end() {
    await daemon.stop();
    setImmediate(() => process.exit(0));
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  void Promise.resolve(orders[line]?.()).then(() => process.stdout.write("done\n"));
});
process.stdout.write(`${daemon.socket}\n`);
