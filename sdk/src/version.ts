/** Told to the feed with every report; equal to `version` in package.json (a test holds them together). */
export const SDK_VERSION = '0.2.0';
