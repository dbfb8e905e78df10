import classes from './chart.module.css';

/** The look of pages made of questions, for the pages that lay them out. */
export const chartClasses: Readonly<Record<string, string>> = classes;
