// Plain JavaScript: bin/bootstrap.mjs runs this on the Node that came with the machine, before anything is installed.

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
// Progress is for people: it stays out of standard output, which may be read by a program.
const out = process.stderr;
// A closed terminal or pipe must not stop an orderly end.
out.on('error', () => undefined);
process.stdout.on('error', () => undefined);

/** Steps that are drawn right now; one line each would flicker, so they share the last line. */
const running = new Map();
let frame = 0;
let timer;

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const clear = () => out.isTTY && out.write('\r\x1b[2K');

function draw() {
  if (!out.isTTY || running.size === 0) return;
  frame += 1;
  const first = Math.min(...[...running.values()].map((step) => step.since));
  const labels = [...running.values()].map((step) => step.label).join(', ');
  const text = `${FRAMES[frame % FRAMES.length]} ${labels} … ${seconds(first)}`;
  out.write(`\r\x1b[2K${text.slice(0, (out.columns ?? 80) - 1)}`);
}

/** One line of its own on standard output, above the spinner if there is one. */
export function print(line = '') {
  clear();
  process.stdout.write(`${line}\n`);
  draw();
}

/** One line for people on standard error: a failure, or what became of a step. */
export function printError(line) {
  clear();
  out.write(`${line}\n`);
  draw();
}

/**
 * Shows that something is going on: a spinner with elapsed seconds on a terminal, plain lines in a pipe.
 * A pipe hears from a long step every 15 s.
 */
export function step(label) {
  const key = Symbol(label);
  const since = Date.now();
  running.set(key, { label, since });
  if (out.isTTY) {
    timer ??= setInterval(draw, 100);
    timer.unref();
    draw();
  } else out.write(`… ${label}\n`);
  const alive = out.isTTY
    ? undefined
    : setInterval(() => out.write(`… ${label}, ${seconds(since)}\n`), 15_000);
  alive?.unref();
  const end = () => {
    clearInterval(alive);
    return running.delete(key);
  };
  return {
    done(text = label) {
      if (end()) printError(`✓ ${text} (${seconds(since)})`);
    },
    /** Takes the step away without a word; the failure is told by who caught it. */
    drop() {
      if (end()) clear();
    },
    update(text) {
      const shown = running.get(key);
      if (shown) shown.label = text;
      draw();
    },
  };
}

/** Runs `work` as a step. */
export async function during(label, work, done = label) {
  const shown = step(label);
  try {
    const result = await work(shown);
    shown.done(done);
    return result;
  } finally {
    shown.drop();
  }
}
