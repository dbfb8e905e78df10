import { uuidv7 } from 'uuidv7';

/** A time-ordered UUID, so that primary keys are inserted at the end of their index. */
export const newId = uuidv7;
