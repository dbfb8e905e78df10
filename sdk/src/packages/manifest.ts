import { readJson } from './json-manifest.ts';
import {
  goModule,
  hexDependency,
  jvmDependency,
  lockedGem,
  lockedNpm,
  Requirements,
} from './line-manifest.ts';
import { linesOf } from './lines.ts';
import type { PackageMention } from './mention.ts';
import { SetupCfg, Toml, Yaml } from './section-manifest.ts';
import { readXml } from './xml-manifest.ts';

/** A file's kind is told by its form: these are what some line of each has, and next to no line of prose or code. */
const JSON_FORM = /"\s*:\s*["{[]/;
const XML_FORM =
  /<(?:\w+:)?(?:Package|GlobalPackage|DotNetCli|package|dependency|plugin|parent|artifactId|groupId)/i;
const LINE_FORM =
  /[\w\])]\s*(?:[=~!<>]=|[<>])\s*\d|\bv\d+\.\d+\.\d|@(?:npm:)?[\^~\d*]|\(\D{0,3}\d+\.|@\d|\/\d+\.\d|["'][\w.-]+:[\w.-]+|%\s*"|group\s*[:=]|\{:(?:hex|git)|egg=|\w\s*@\s*(?:git|http)|git\+|=>|^\s*tool\s|using\s+(?:test\.)?(?:dep|lib)/m;
const SECTION_FORM = /dependenc|requires?\b|packages|\[|=\s*["'{]|:\s*["']?[\^~]?\d|specifier/;

/** A list of nothing but names is one of requirements where nothing says otherwise. */
const REQUIREMENTS = /^(?:requirements|pip-requirements|pip)?$/;
const FRAGMENTS = /^(?:toml|ini|text|plaintext|txt|markdown|md|diff)?$/;

/** Packages that a manifest or lock file lists, in text of any language: often one is shown inside of an answer. */
export function readManifests(text: string, language: string): PackageMention[] {
  const found: PackageMention[] = [];
  if (JSON_FORM.test(text)) found.push(...readJson(text));
  if (XML_FORM.test(text)) found.push(...readXml(text));
  const named = REQUIREMENTS.test(language);
  const byLine = named || LINE_FORM.test(text);
  const bySection = SECTION_FORM.test(text);
  if (!byLine && !bySection) return found;
  const requirements = new Requirements(named);
  const toml = new Toml(FRAGMENTS.test(language));
  const yaml = new Yaml();
  const cfg = new SetupCfg();
  for (const line of linesOf(text)) {
    if (byLine) {
      found.push(
        ...requirements.read(line),
        ...goModule(line),
        ...lockedGem(line),
        ...lockedNpm(line),
        ...jvmDependency(line),
        ...hexDependency(line),
      );
    }
    if (bySection) found.push(...toml.read(line), ...yaml.read(line), ...cfg.read(line));
  }
  return found;
}
