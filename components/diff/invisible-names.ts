// Unicode's own abbreviations (NameAliases.txt of the Unicode Character Database) where there is one.
const NAMES: Record<number, string> = {
  0: 'NUL',
  7: 'BEL',
  8: 'BS',
  11: 'VT',
  12: 'FF',
  27: 'ESC',
  127: 'DEL',
  133: 'NEL',
  155: 'CSI',
  173: 'SHY',
  847: 'CGJ',
  1564: 'ALM',
  6158: 'MVS',
  8203: 'ZWSP',
  8204: 'ZWNJ',
  8205: 'ZWJ',
  8206: 'LRM',
  8207: 'RLM',
  8232: 'LSEP',
  8233: 'PSEP',
  8234: 'LRE',
  8235: 'RLE',
  8236: 'PDF',
  8237: 'LRO',
  8238: 'RLO',
  8288: 'WJ',
  8294: 'LRI',
  8295: 'RLI',
  8296: 'FSI',
  8297: 'PDI',
  12644: 'HF',
  65279: 'BOM',
};

/** The label of a character that cannot be seen: `RLO U+202E`, `TAG A U+E0041`, or only the number where it has no name. */
export function invisibleLabel(point: number): string {
  const number = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = NAMES[point] ?? familyName(point);
  return name ? `${name} ${number}` : number;
}

function familyName(point: number): string | undefined {
  if (point >= 0xe0021 && point <= 0xe007e) return `TAG ${String.fromCharCode(point - 0xe0000)}`;
  if (point >= 0xfe00 && point <= 0xfe0f) return `VS${point - 0xfe00 + 1}`;
  return undefined;
}
