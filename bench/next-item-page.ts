import type { Page } from '@playwright/test';

/** One stroke: when the key went down and when the first frame with the next item had been painted, page's own clock. */
export type Stroke = { key: string; ms: number; fromMemory: boolean };

type Watched = Window & {
  bench?: { down: number; key: string; painted: number; waited: boolean };
};

/** Watches the workbench from outside: keydown in the capture phase, then the second frame after the item changed. */
export async function watchItems(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched = window as Watched;
    const stage = document.querySelector('[data-item][data-active]')?.parentElement;
    if (!stage) throw new Error('there is no item on the page');
    const shown = () => stage.querySelector('[data-item][data-active]')?.getAttribute('data-item') ?? null;
    let last = shown();
    document.addEventListener(
      'keydown',
      ({ key, timeStamp }) => {
        watched.bench = { down: timeStamp, key, painted: 0, waited: false };
      },
      true,
    );
    new MutationObserver(() => {
      const now = shown();
      if (now === null && watched.bench) watched.bench.waited = true;
      if (now === null || now === last) return;
      last = now;
      // The second frame begins when the first one, with the item in it, has been painted.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (watched.bench) watched.bench.painted = performance.now();
        }),
      );
    }).observe(stage, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-active'] });
  });
}

/** The same for a page on which the key only swaps one word: what the browser itself needs for a stroke. */
export async function watchBare(page: Page): Promise<void> {
  await page.setContent('<!doctype html><title>bare</title><p id="word">0</p>');
  await page.evaluate(() => {
    const watched = window as Watched;
    const word = document.getElementById('word');
    document.addEventListener('keydown', ({ key, timeStamp }) => {
      watched.bench = { down: timeStamp, key, painted: 0, waited: false };
      if (word) word.textContent = String(Number(word.textContent) + 1);
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (watched.bench) watched.bench.painted = performance.now();
        }),
      );
    });
  });
}

/** Presses one key and answers how long it took until the frame was painted. */
export async function stroke(page: Page, key: string): Promise<Stroke> {
  await page.keyboard.press(key);
  const handle = await page.waitForFunction(
    () => {
      const { bench } = window as Watched;
      return bench && bench.painted > 0 ? { ms: bench.painted - bench.down, waited: bench.waited } : null;
    },
    undefined,
    { polling: 20, timeout: 15_000 },
  );
  const { ms = 0, waited = false } = (await handle.jsonValue()) ?? {};
  return { key, ms, fromMemory: !waited };
}

/** Notes every task of the main thread that took longer than 50 ms, by the Long Tasks API. */
export async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const store = window as Window & { longTasks?: number[] };
    store.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) store.longTasks?.push(duration);
    }).observe({ type: 'longtask' });
  });
  return () => page.evaluate(() => (window as Window & { longTasks?: number[] }).longTasks ?? []);
}
