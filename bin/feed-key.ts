type Variables = Record<string, string | undefined>;

/** What `STOPGAP_FEED_KEY` was called before; it still counts where that is not set. */
const FORMER = 'STOPGAP_KEY';

/** The variables with the key for the feed under its name, and a word on standard error where the former name is used. */
export function withFeedKey(given: Variables, tell: (line: string) => void = console.error): Variables {
  const { STOPGAP_FEED_KEY: key, [FORMER]: former } = given;
  if (key || !former) return given;
  tell(`${FORMER} is now called STOPGAP_FEED_KEY. It was used; rename it.`);
  return { ...given, STOPGAP_FEED_KEY: former };
}
