import { expect, test } from 'vitest';
import { readPackages } from '#sdk/packages/read';
import { packagesOf } from './suggest-packages.ts';

test.each<[string, string, string[]]>([
  ['python', 'from acme_tools import Loader, Kite as K', ['acme_tools']],
  ['python', 'from acme_tools import (\n  Loader,\n  run,\n)', ['acme_tools']],
  ['python', 'import acme_tools.core.io as io', ['acme_tools']],
  ['python', 'from acme_tools.core import *', ['acme_tools']],
  ['python', 'import importlib\nm = importlib.import_module("acme_tools.core")', ['importlib', 'acme_tools']],
  ['python', 'import yaml', ['PyYAML']],
  ['python', 'from yaml import safe_load', ['PyYAML']],
  ['python', 'from azure.acme import AcmeClient', ['azure.acme']],
  ['python', 'from google.protobuf.message import Message', ['protobuf']],
  ['python', 'from mysql.connector import connect', ['mysql-connector-python']],
  ['shell', 'pip install zope.acme==1.2', ['zope.acme']],
  ['shell', 'npm i @acme/pad@1 left.pad', ['@acme/pad', 'left.pad']],
  ['javascript', 'import x from "@acme/pad/lib/x.js"; require("kite.io/y")', ['@acme/pad', 'kite.io']],
  ['typescript', 'import type { A } from "kite"; import("kite/deep")', ['kite']],
  ['rust', 'use acme_kite::sub::{A, B as C};\nuse acme_kite::D;', ['acme_kite']],
  ['go', 'import "github.com/acme/kite/v2/sub"', ['github.com/acme/kite']],
  ['go', 'import "example.test/acme/kite"', ['example.test/acme/kite']],
  ['java', 'import org.acme.loader.Kite;\nimport static org.acme.loader.Kite.go;', ['org.acme.loader']],
  ['scala', 'import org.acme.loader.{Kite, Rope}', ['org.acme.loader']],
  ['csharp', 'using Acme.Http.Client;', ['Acme.Http.Client']],
  ['php', 'use Acme\\HttpClient\\Kite;', ['Acme\\HttpClient']],
  ['ruby', 'require "acme/loader"', ['acme']],
  ['swift', 'import struct AcmeKit.Kite', ['AcmeKit']],
  ['dart', "import 'package:acme_kite/src/kite.dart';", ['acme_kite']],
])('%s: of %j a rule lists what the registry has', (language, text, packages) => {
  const mentions = readPackages(text, language);
  expect([...new Set(mentions.flatMap(packagesOf))]).toEqual(packages);
});
