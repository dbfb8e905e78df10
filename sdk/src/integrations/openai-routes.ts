/** What asks for no answer in words, or brings none. */
const PASSES = new Set([
  'embeddings',
  'moderations',
  'rerank',
  'score',
  'tokenize',
  'detokenize',
  'audio',
  'images',
  'files',
  'uploads',
  'fine_tuning',
]);
/** Where answers come from, or lie. */
const ANSWERS = new Set([
  'completions',
  'responses',
  'messages',
  'threads',
  'conversations',
  'batches',
  'realtime',
  'generate',
  'chat',
]);

/** What is stored for later, or speaks of what is: its answer comes another way. */
const STORED = new Set(['threads', 'conversations', 'batches', 'fine_tuning']);
const LAST = /^(completions|responses|messages)$|:(stream)?generatecontent$/;

/** Whether it asks for an answer here and now: OpenAI's chat, completions and responses, Anthropic's, Gemini's. */
const isAsked = (segments: readonly string[]): boolean =>
  LAST.test(segments.at(-1) ?? '') && !segments.some((segment) => STORED.has(segment));

/** The path of an address as services read it: without its escapes. Throws where they are none. */
export const pathOf = (url: string): string => decodeURIComponent(new URL(url).pathname);

/** The model that an address names: Gemini's and Vertex AI's, a deployment of Azure's, an engine; else null. */
export function modelIn(url: string): string | null {
  const path = pathOf(url);
  const named =
    /\/(?:models|tunedModels|endpoints)\/([^/:]+):\w+$/i.exec(path) ??
    /\/(?:deployments|engines)\/([^/]+)\/+(?:chat\/+)?(?:completions|responses|messages)\/*$/i.exec(path);
  return named?.[1] ?? null;
}

/**
 * What becomes of a request: the guard reads it, it goes by, or it is refused because its answer would reach
 * somebody unread. Services read a path in their own ways, so what is not plainly one of the first two is the last.
 */
export function routeOf({ method, url }: Request): 'guard' | 'pass' | 'refuse' {
  let path: string;
  try {
    path = pathOf(url).toLowerCase();
  } catch {
    return 'refuse';
  }
  const segments = path.split('/').filter((segment) => segment !== '');
  if (/[%\\;]/.test(path) || segments.includes('..')) return 'refuse';
  if (method === 'POST' && isAsked(segments)) return 'guard';
  if (method === 'OPTIONS' || method === 'HEAD') return 'pass';
  if (segments.some((segment) => ANSWERS.has(segment))) return method === 'DELETE' ? 'pass' : 'refuse';
  if (method === 'GET' || method === 'DELETE') return 'pass';
  return segments.some((segment) => PASSES.has(segment)) ? 'pass' : 'refuse';
}
