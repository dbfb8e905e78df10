'use client';

import { useEffect } from 'react';

/** What a browser gives as the code of a key that an input method handles (UI Events, "Legacy key attributes"). */
const HANDLED_BY_INPUT_METHOD = 229;

/**
 * Keeps the keys of an input method from every key handler of the page: the Enter that takes a conversion, and the
 * Escape that drops it, belong to the text. Safari ends the composition before that Enter, so there the code alone
 * tells. Stands before all else in the layout: of listeners in the same place, the first one goes first.
 */
export function InputMethodKeys() {
  useEffect(() => {
    const keep = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === HANDLED_BY_INPUT_METHOD) event.stopImmediatePropagation();
    };
    window.addEventListener('keydown', keep, { capture: true });
    return () => window.removeEventListener('keydown', keep, { capture: true });
  }, []);
  return null;
}
