# Interprets the rules in data.stopgap.ruleset. This file is the same in every bundle: an emergency changes data,
# never code. Ask `data.stopgap.decision.result`; docs/distribution/opa.md says what to give it and what it answers.
package stopgap.decision

import rego.v1

ruleset := data.stopgap.ruleset

now_ms := time.now_ns() / 1000000

# A signed bundle may be served again by whoever kept it: OPA itself does not compare revisions. A caller that
# remembers the highest `seq` it was answered gives it as input.min_seq.
default stale := false

stale if now_ms >= ruleset.expires_ms

stale if input.min_seq > ruleset.seq

labels := object.get(opa.runtime(), ["config", "labels"], {})

# The label by which the feed knows this OPA too; without it every OPA falls alike in a rollout.
default instance := ""

instance := labels.instance

asks := {
	"models": "model",
	"versions": "version",
	"tenants": "tenant",
	"tiers": "tier",
	"languages": "language",
	"surfaces": "surface",
	"features": "feature",
}

default language := ""

language := lower(input.language)

named := object.union(input, {"language": language})

# The model as it is named, and `name@version` cut at each `@` where the request has no version of its own.
readings contains named

readings contains reading if {
	object.get(input, "version", "") in {"", null}
	is_string(input.model)
	count(input.model) <= 401
	some at in indexof_n(input.model, "@")
	at > 0
	at < count(input.model) - 1
	reading := object.union(named, {
		"model": substring(input.model, 0, at),
		"version": substring(input.model, at + 1, -1),
	})
}

in_scope(rule) if {
	now_ms >= rule.starts_ms
	now_ms < rule.expires_ms
	some reading in readings
	every list, values in rule.scope {
		reading[asks[list]] in values
	}
	every name, value in rule.labels {
		labels[name] == value
	}
	rolled_out(rule.id, instance, rule.rollout.instances)
	rolled_out(rule.id, request_key, rule.rollout.requests)
}

# `not is_string(input.id)` would be undefined, not true, where there is no id.
request_key := input.id if {
	is_string(input.id)
} else := input.prompt if {
	is_string(input.prompt)
} else := input.completion if {
	is_string(input.completion)
} else := ""

# Where a subject falls for a rule, 0 to just under 100: 16 bits of SHA-256.
rolled_out(_, _, share) if share >= 100

rolled_out(rule_id, subject, share) if {
	share < 100
	hash := crypto.sha256(concat(" ", [rule_id, subject]))
	digits := [value |
		some at, weight in [4096, 256, 16, 1]
		value := indexof("0123456789abcdef", substring(hash, at, 1)) * weight
	]
	place := sum(digits)
	place * 100 < share * 65536
}

live contains rule if {
	some rule in ruleset.rules
	in_scope(rule)
}

# What OPA does not judge, and why, is worked out where the bundle is built: lib/rulesets/beyond-opa.ts.
judged(rule) if not rule.beyond

# Package names that the caller read for it.
judged(rule) if {
	rule.beyond == "imports"
	is_array(input.imports)
}

# Of names that are too many to find in a text it looks at those that the caller gives, and is unjudged all the same.
tried(rule) if judged(rule)

tried(rule) if {
	rule.beyond == "mentions"
	is_array(input.imports)
}

# What stands in a part, the part itself or a string of JSON in it.
says(matcher, text) if {
	matcher.kind == "re2"
	regex.match(matcher.pattern, text)
}

says(matcher, text) if {
	matcher.kind == "literal"
	contains(text, matcher.text)
}

says(matcher, text) if {
	matcher.kind == "phrases"
	some phrase in matcher.phrases
	contains(folded[text], phrase)
}

says(matcher, text) if {
	matcher.kind == "imports"
	regex.match(matcher.mentioned, text)
}

matches(matcher, part) if {
	matcher.kind == "any"
	texts[part]
}

matches(matcher, part) if says(matcher, texts[part])

matches(matcher, part) if {
	matcher.kind == "phrases"
	some phrase in matcher.phrases
	contains(input.normalized[part], phrase)
}

matches(matcher, "completion") if {
	matcher.kind == "imports"
	some given in input.imports
	some registry in registries_of(given)
	some spelling in spellings(name_of(given), registry)
	is_listed(matcher.names[spelling], registry)
}

is_listed(registries, _) if registries == true

is_listed(registries, registry) if registry in registries

# One of `input.imports`: a name, or {"name": "left-pad", "ecosystem": "npm"} with the type of a package URL.
name_of(given) := given if is_string(given)

name_of(given) := given.name if is_object(given)

registries_of(given) := {given.ecosystem} if is_object(given)

registries_of(given) := {data.stopgap.packages.languages[language]} if is_string(given)

registries_of(given) := {registry | some registry in data.stopgap.packages.registries} if {
	is_string(given)
	not data.stopgap.packages.languages[language]
}

# As each registry folds, and as code may write it: sdk/src/packages/fold.ts.
spellings(name, registry) := {regex.replace(lower(name), `[-_.]+`, "-")} if registry in {"pypi", "conda"}

spellings(name, "cargo") := {replace(lower(name), "_", "-")}

spellings(name, registry) := {lower(name)} if registry in {"nuget", "npm", "hex", "pub", "swift"}

spellings(name, "composer") := {
	lower(name),
	regex.replace(regex.replace(lower(name), `\\+`, "/"), `[-_]`, ""),
}

spellings(name, "gem") := {name, regex.replace(name, `[-_/]+`, "-")}

spellings(name, registry) := {name} if registry in {"maven", "golang"}

# The tables are the SDK's own: sdk/src/text/characters.ts. Letters that are sent in pieces which no single character
# stands for (kana with a mark of its own, some Indic vowels) are the caller's: input.normalized.prompt.
characters := data.stopgap.characters

folded := {text: normalized(text) |
	some text in ({text | some text in texts} | {text | some part in inside; some text in part})
}

normalized(text) := lower(regex.replace(text, characters.blanks, " ")) if not beyond_ascii(text)

normalized(text) := lower(joined) if {
	beyond_ascii(text)
	seen := regex.replace(text, characters.gone, "")
	folds := {character: folded |
		some character in regex.find_n(`[^\x00-\x7f]`, seen, -1)
		folded := characters.folds[character]
	}
	joined := regex.replace(strings.replace_n(folds, seen), characters.blanks, " ")
}

# Control characters are invisible.
beyond_ascii(text) if regex.match(`[^\t-\r\x20-\x7e]`, text)

# The parts of a request. Before it is asked it has no answer; one without any text is about to be asked.
texts["completion"] := input.completion if {
	is_string(input.completion)
	input.completion != ""
}

texts["prompt"] := input.prompt if {
	is_string(input.prompt)
} else := "" if {
	object.get(input, "completion", "") in {"", null}
}

# JSON in a text, as sdk/src/json-text.ts reads it: every string with its escapes resolved, whole or cut off, and the
# strings of JSON that is encoded in those, eight times at most. It may stand anywhere.
inside[part] := {text |
	some level in [level1, level2, level3, level4, level5, level6, level7, level8, level9]
	some text in level
	text != whole
} if {
	some part, whole in texts
	contains(whole, `"`)
	level1 := outermost(whole)
	level2 := inner(level1)
	level3 := inner(level2)
	level4 := inner(level3)
	level5 := inner(level4)
	level6 := inner(level5)
	level7 := inner(level6)
	level8 := inner(level7)
	level9 := inner(level8)
}

outermost(text) := begun(text) if {
	regex.match(opening, text)
} else := (begun(text) | read) | encoded if {
	read := {value |
		some rest in regex.find_n(`(?s)(?:[\[{,:]|\n\s*-\s)\s*".*`, text, 1)
		some value in strings_in(rest) | resumed(rest)
	}
	encoded := {value |
		some body in regex.find_n(`[\[{]\s*\\+"(?:[^"\\]|\\(?s:.))*`, text, -1)
		value := unescaped(body)
	}
}

inner(level) := {text | some outer in level; some text in begun(outer)}

opening := `^[\s\v\x{feff}\x{a0}]*[\[{]`

# Of a text that begins as JSON: an object or a list to the end of the text, or one string.
begun(text) := strings_in(text) | resumed(text) if {
	regex.match(opening, text)
} else := {value |
	some found in regex.find_all_string_submatch_n(`^[\s\v\x{feff}\x{a0}]*"((?:[^"\\]|\\(?s:.))*)`, text, 1)
	value := unescaped(found[1])
	trim_space(value) != ""
}

strings_in(text) := {value |
	some found in regex.find_all_string_submatch_n(`"((?:[^"\\]|\\(?s:.))*)(?:"|\\?$)`, text, -1)
	value := unescaped(found[1])
	trim_space(value) != ""
}

# Behind a value there may be a quote that begins no string: each bracket with a string begins anew.
resumed(text) := {value |
	some run in regex.find_n(
		`(?:[\[{]|[\]}]\s*,)\s*"(?:[^"\\]|\\(?s:.))*(?:"[^"{}\[\]]*"(?:[^"\\]|\\(?s:.))*)*"?`,
		text, -1,
	)
	some value in strings_in(run)
}

unescaped(body) := body if not contains(body, `\`)

# What is no escape stands for itself; U+0001 marks a slash that begins one, U+0002 a slash that is meant.
unescaped(body) := json.unmarshal(concat("", [`"`, strings.replace_n({"\u0001": `\`, "\u0002": `\\`}, marked), `"`])) if {
	contains(body, `\`)
	lines := strings.replace_n({"\n": `\n`, "\r": `\r`, "\t": `\t`}, body)
	meant := replace(regex.replace(lines, `[\x00-\x1f]`, " "), `\\`, "\u0002")
	marked := replace(regex.replace(meant, `\\(["/bfnrt]|u[0-9a-fA-F]{4})`, "\u0001$1"), `\`, "")
}

# The parts that a rule hits as they stand, and those where it hits only what stands in them as JSON.
plain[rule.id] contains part if {
	some rule in live
	tried(rule)
	some part in rule.targets
	matches(rule.matcher, part)
}

hidden[rule.id] contains part if {
	some rule in live
	tried(rule)
	some part in rule.targets
	not part in object.get(plain, rule.id, set())
	some text in inside[part]
	says(rule.matcher, text)
}

# One for each rule, wherever it hit.
hits contains hit if {
	some rule in live
	unseen := object.get(hidden, rule.id, set())
	found := object.get(plain, rule.id, set()) | unseen
	count(found) > 0
	hit := object.union(
		{
			"id": rule.id,
			"ref": rule.ref,
			"mode": rule.mode,
			"target": target_of(found),
		},
		effect_of(rule, unseen),
	)
}

target_of(parts) := "both" if {
	count(parts) > 1
} else := part if {
	some part in parts
}

# Nobody can remove from there, so what a rule would remove is stopped.
effect_of(rule, unseen) := {"action": rule.in_json.action, "parameters": {}} if {
	count(unseen) > 0
	rule.in_json
} else := {"action": rule.action, "parameters": rule.parameters}

hit_ids := {hit.id | some hit in hits}

unjudged contains rule if {
	some rule in live
	not judged(rule)
}

# What enforced rules do here, by their places in the ruleset: hit, or fail as the rule's data says.
acts contains act if {
	some place, rule in ruleset.rules
	some hit in hits
	hit.id == rule.id
	rule.mode == "enforce"
	act := {"place": place, "action": hit.action, "words": words_of(rule, hit.action)}
}

words_of(rule, action) := rule.words if {
	action == rule.action
} else := rule.in_json.words

acts contains act if {
	some place, rule in ruleset.rules
	rule in unjudged
	rule.mode == "enforce"
	act := object.union(rule.fail.on_error, {"place": place})
}

acts contains act if {
	stale
	some place, rule in ruleset.rules
	rule in live
	rule.mode == "enforce"
	not rule.id in hit_ids
	not failed(rule)
	act := object.union(rule.fail.on_stale, {"place": place})
}

failed(rule) if {
	rule in unjudged
	rule.fail.on_error
}

# The tables are the SDK's own: sdk/src/effects.ts.
actions := [action |
	some action in data.stopgap.effects.actions
	some act in acts
	act.action == action
]

default verdict := "allow"

verdict := data.stopgap.effects.verdicts[actions[0]]

# What a user reads: the words of the strongest act, of several that of the first rule.
first_place := min({act.place | some act in acts; act.action == actions[0]})

spoken contains act.words if {
	some act in acts
	act.action == actions[0]
	act.place == first_place
	act.words != null
}

words["message"] := text if {
	verdict in {"block", "warn"}
	some text in spoken
}

words["text"] := text if {
	verdict == "replace"
	some text in spoken
}

# `enforced` is what the feed counts: the hits that made the verdict.
rules contains told if {
	some hit in hits
	told := object.union(hit, {"enforced": made_the_verdict(hit)})
}

made_the_verdict(hit) if {
	hit.mode == "enforce"
	data.stopgap.effects.verdicts[hit.action] == verdict
} else := false

result := object.union(words, {
	"verdict": verdict,
	"seq": ruleset.seq,
	"stale": stale,
	"rules": [hit | some hit in rules],
	"unjudged": [{"id": rule.id, "ref": rule.ref} | some rule in unjudged],
})
