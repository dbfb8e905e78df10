/** Share of other traffic, 0 to 1, up to which what a rule would hit there counts as rare. */
export const RARE = 0.01;
