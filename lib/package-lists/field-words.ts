const FIELD =
  /^(?:id|name|title|type|kind|versions?|schema|format|date|updated|created|modified|published|count|total|package|ranges?|severity|score|cvss|status|line|page|fixed|introduced|last_affected)$/i;
/** `schema_version`, `toolVersion`; packages are called `x-version`. */
const VERSION_FIELD = /^(?:\w+_version|[a-z]\w*Version)$/;

/** Whether a thing is described by a field of this name: no list of packages and their versions has such an entry. */
export const isFieldWord = (word: string): boolean => FIELD.test(word) || VERSION_FIELD.test(word);
