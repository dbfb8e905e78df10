import { decodedText, isDataUrl, mediaOf } from '#sdk/integrations/media-text';
import { fields } from './chat.ts';

type Json = Record<string, unknown>;

const KINDS: readonly [kind: string, words: RegExp][] = [
  ['image', /^(input_|output_)?(image|image_url|image_file|computer_screenshot)$/],
  ['audio', /^(input_|output_)?(audio|audio_url)$/],
  ['video', /^(input_|output_)?(video|video_url)$/],
  ['file', /^((input_|output_)?(file|document)|container_upload|inlineData|inline_data|fileData|file_data)$/],
];
/** Fields of parts without a type: Gemini's and Converse's. */
const BARE = [
  'inlineData',
  'inline_data',
  'fileData',
  'file_data',
  'image',
  'document',
  'video',
  'audio',
  'image_url',
];

/** What a part is, where it is no words: `image`, `audio`, `video` or `file`. */
export function mediaKind(part: Json, type: string): string | null {
  const bare = type === '' ? BARE.find((name) => fields(part[name]) === part[name]) : undefined;
  const named = type === '' ? bare : type;
  if (named === undefined) return null;
  const mime = bare && (fields(part[bare]).mimeType ?? fields(part[bare]).mime_type);
  const byMime =
    typeof mime === 'string' ? KINDS.find(([kind]) => mime.startsWith(`${kind}/`))?.[0] : undefined;
  const kind = KINDS.find(([, words]) => words.test(named))?.[0] ?? null;
  // A message that was spoken has its words beside the sound.
  return bare === 'audio' && 'content' in part ? null : (byMime ?? kind);
}

const LABELS = new Set([
  ...[
    'type',
    'role',
    'media_type',
    'mimeType',
    'mime_type',
    'mediaType',
    'format',
    'detail',
    'id',
    'call_id',
    'cache_control',
  ],
  ...['expires_at', 'ttl', 'status', 'background', 'quality', 'size'],
]);
/** The name of what lies somewhere else. */
const ELSEWHERE = /^(file_?id|(file_?|image_?|video_?|audio_?)?ur[il]|file)$/i;
const DEPTH = 32;
const BYTES = /^(data|bytes|b64_json|file_data|image_bytes)$/;

/** The words of a picture, sound or file: its text where it is one, what is said of it, its address; `isHidden`: not all. */
export function readMedia(part: unknown): { isHidden: boolean; texts: string[] } {
  const texts: string[] = [];
  let isHidden = false;
  const add = (text: string | null) => {
    if (text === null) isHidden = true;
    else if (text !== '') texts.push(text);
  };
  const read = (value: unknown, name: string, depth: number): void => {
    if (typeof value === 'string') {
      if (LABELS.has(name) || value === '') return;
      if (isDataUrl(value)) add(decodedText(value));
      else if (BYTES.test(name)) add(decodedText(value));
      else {
        if (ELSEWHERE.test(name)) isHidden = true;
        texts.push(value);
      }
    } else if (typeof value === 'object' && value !== null) {
      if (depth > DEPTH) {
        isHidden = true;
        return;
      }
      const media = Array.isArray(value) ? null : mediaOf(value as Json);
      if (media) add(decodedText(media.data, media.type));
      for (const [key, inner] of Object.entries(value))
        if (key !== media?.key) read(inner, Array.isArray(value) ? name : key, depth + 1);
    }
  };
  read(part, '', 0);
  return { isHidden: isHidden || texts.length === 0, texts };
}
