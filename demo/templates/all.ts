import { csharp } from './csharp.ts';
import { everydayCompiled } from './everyday-compiled.ts';
import { everydayManaged } from './everyday-managed.ts';
import { everydayScripting } from './everyday-scripting.ts';
import { everydayWeb } from './everyday-web.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { javascript } from './javascript.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { rust } from './rust.ts';
import { shell } from './shell.ts';
import type { Template } from './template.ts';
import { typescript } from './typescript.ts';

/** What detectors flag on an ordinary day; without the wave. */
export const flaggedTemplates: Template[] = [
  ...python,
  ...javascript,
  ...typescript,
  ...go,
  ...java,
  ...csharp,
  ...php,
  ...rust,
  ...shell,
];

/** Harmless interactions, the great majority of the traffic. */
export const everydayTemplates: Template[] = [
  ...everydayScripting,
  ...everydayWeb,
  ...everydayCompiled,
  ...everydayManaged,
];
