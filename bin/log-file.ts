import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

const LIMIT_BYTES = 20 * 1024 * 1024;

type LogFile = {
  path: string;
  write(chunk: Uint8Array): void;
  /** The last line in words: the message of a JSON line, or the text of an error. */
  lastLine(): string;
  close(): void;
};

/** Appends to `<dir>/<name>.log`; at 20 MiB the file becomes `<name>.log.1` and a new one begins. */
export function createLogFile(dir: string, name: string): LogFile {
  const file = path.join(dir, `${name}.log`);
  mkdirSync(dir, { recursive: true });
  let descriptor: number | undefined;
  let size = 0;
  let tail = '';
  const open = () => {
    if (sizeOf(file) > LIMIT_BYTES) renameSync(file, `${file}.1`);
    descriptor = openSync(file, 'a', 0o600);
    size = sizeOf(file);
  };
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  open();
  return {
    path: file,
    write(chunk) {
      tail = (tail + Buffer.from(chunk).toString()).slice(-4_000);
      try {
        if (size > LIMIT_BYTES) {
          close();
          open();
        }
        if (descriptor !== undefined) size += writeSync(descriptor, chunk);
      } catch {
        // A full disk must not take the processes down with their log.
      }
    },
    lastLine: () => lastMeaning(tail),
    close,
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lastMeaning(tail: string): string {
  const lines = tail.split('\n').filter((line) => line.trim() && !/^\s|^Node\.js v|^[{}\]]$/.test(line));
  const line = lines.findLast((candidate) => /error|fatal/i.test(candidate)) ?? lines.at(-1) ?? '';
  try {
    const { message, error } = JSON.parse(line) as { message?: string; error?: string };
    return [message, error].filter(Boolean).join(': ').slice(0, 300);
  } catch {
    return line.trim().slice(0, 300);
  }
}
