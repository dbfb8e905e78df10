import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockDataDir } from './lock.ts';
import { newDataDir, removeDataDirs } from './testing/run.ts';

afterAll(removeDataDirs);

test('one at a time, and again after it was let go', async () => {
  const dir = newDataDir();
  const unlock = await lockDataDir(dir);
  await expect(lockDataDir(dir)).rejects.toThrow(
    `already runs with the data folder ${dir} (process ${process.pid})`,
  );
  unlock();
  (await lockDataDir(dir))();
});

test('a lock left behind does not count, also when its number is another program by now', async () => {
  const dir = newDataDir();
  for (const left of ['4194303 123456', `${process.pid} 1`, 'garbage', '']) {
    writeFileSync(path.join(dir, 'supervisor.pid'), left);
    (await lockDataDir(dir))();
  }
});
