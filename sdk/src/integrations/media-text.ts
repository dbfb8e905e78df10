import { type Holder, isHolder } from './text-places.ts';

/** Media types whose bytes are words. */
const WORDS =
  /^(text(\/|$)|application\/([\w.-]+\+)?(json|xml|javascript|ecmascript|typescript|yaml|x-yaml|toml|sql|graphql|x-sh|x-python|x-httpd-php|x-ndjson|jsonl)\b|image\/svg\+xml)/i;
const DATA_URL = /^\s*data:([^,;]*)((?:;[^,;]*)*),/i;

/**
 * The words in a `data:` address or in base64 of the given media type; null where the bytes are no text. Bytes of no
 * type are words where they are UTF-8 without control characters.
 */
export function decodedText(data: string | Uint8Array, mediaType?: unknown): string | null {
  const given = typeof mediaType === 'string' ? mediaType : '';
  if (typeof data !== 'string') return ofBytes(data, given);
  const address = DATA_URL.exec(data);
  const type = address ? (address[1] ?? '').trim() : given;
  const body = address ? data.slice(address[0].length) : data;
  const isBase64 = !address || /;\s*base64/i.test(address[2] ?? '');
  const bytes = isBase64 ? fromBase64(body) : fromPercent(body);
  return bytes && ofBytes(bytes, type, /;\s*charset\s*=\s*"?([\w-]+)/i.exec(address?.[2] ?? '')?.[1]);
}

function ofBytes(bytes: Uint8Array, type: string, charset?: string): string | null {
  if (type !== '' && type !== 'application/octet-stream' && !WORDS.test(type)) return null;
  const [first, second] = bytes;
  const marked =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(marked === 'utf-8' ? (charset ?? marked) : marked, { fatal: true }).decode(
      bytes,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells bytes from words.
    return WORDS.test(type) || !/[\0-\x08\x0e-\x1a]/.test(text) ? text : null;
  } catch {
    return WORDS.test(type) ? new TextDecoder('utf-8').decode(bytes) : null;
  }
}

function fromBase64(body: string): Uint8Array | null {
  const clean = body.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(clean) ? Buffer.from(clean, 'base64') : null;
}

function fromPercent(body: string): Uint8Array | null {
  try {
    return Buffer.from(decodeURIComponent(body));
  } catch {
    return Buffer.from(body);
  }
}

export const isDataUrl = (text: string): boolean => DATA_URL.test(text);

/** What a file, picture or sound brings: its bytes, and the media type that some services write beside them. */
export function mediaOf(part: Holder): { data: string | Uint8Array; type: unknown; key: string } | null {
  const type = part.media_type ?? part.mimeType ?? part.mime_type ?? part.mediaType ?? part.format;
  // The `ai` package says what kind of data it is.
  const inner = isHolder(part.data) && part.data.type === 'data' ? part.data.data : part.data;
  for (const key of ['file_data', 'data', 'b64_json', 'bytes']) {
    const data = key === 'data' ? inner : part[key];
    const isBytes = key !== 'data' || (type !== undefined && part.type !== 'text');
    if ((typeof data === 'string' || data instanceof Uint8Array) && isBytes) return { data, type, key };
  }
  return null;
}
