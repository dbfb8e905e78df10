/**
 * What the body of a rule may weigh, in bytes: 100,000 packages with ecosystems and versions are 8 MB of JSON, and its
 * tests may be as much again. The reference names it; routes and forms take no less than this.
 */
export const RULE_BODY_BYTES = 16 * 1024 * 1024;
/** A form sends the same JSON as one text, in which every quotation mark is escaped. */
export const RULE_FORM_BYTES = 24 * 1024 * 1024;
