import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

// Drawn a thousand at a time: asking the system for each row of a batch would cost more than all else about its id.
const words = new Uint32Array(1_024);
let next = words.length;

const generator = new V7Generator({
  nextUint32: () => {
    if (next === words.length) {
      randomFillSync(words);
      next = 0;
    }
    return words[next++] ?? 0;
  },
});

/** A time-ordered UUID, so that primary keys are inserted at the end of their index. */
export const newId = (): string => generator.generate().toString();
