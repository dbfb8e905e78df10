const BLOCK = 512;

export type TarFile = { name: string; bytes: Buffer };

/**
 * A ustar archive (POSIX.1-1988) of plain files. The same files make the same bytes: owner, mode and time are
 * fixed. Throws for a name longer than the 100 bytes of its field.
 */
export function tar(files: readonly TarFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const { name, bytes } of files) {
    parts.push(header(name, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function header(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`The name "${name}" is too long for a ustar header.`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'ascii');
  };
  block.write(name, 0, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('0', 156, 'ascii');
  block.write('ustar\u000000', 257, 'ascii');
  // The checksum is taken with its own field full of blanks.
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}
