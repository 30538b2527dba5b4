//! Kinds over text, word by word and mark by mark.

use crate::table;

#[test]
pub(crate) fn text_in_text() {
    table(&[
        (r#"{"kind":"equals","value":"yes"}"#, "yes", "+"),
        (r#"{"kind":"equals","value":"yes"}"#, "yes\n", "-"),
        (r#"{"kind":"equals","value":"yes","trim":true}"#, " yes\n", "+"),
        (r#"{"kind":"equals","value":"Yes","ignore_case":true}"#, "yES", "+"),
        (r#"{"kind":"equals","value":"Yes","ignoreCase":true}"#, "yES", "+"),
        (r#"{"kind":"equals","value":{"a":[1,2.0]}}"#, r#" { "a" : [1.0, 2] } "#, "+"),
        (r#"{"kind":"equals","value":{"a":[1,2]}}"#, r#"{"a":[2,1]}"#, "-"),
        (r#"{"kind":"equals","value":{"a":1,"b":2}}"#, r#"{"b":2,"a":1}"#, "+"),
        (r#"{"kind":"equals","value":7}"#, "seven", "-"),
        (r#"{"kind":"equals","value":null}"#, " null\n", "+"),
        (r#"{"kind":"equals","value":null}"#, "0", "-"),
        (r#"{"kind":"not-equals","value":"yes"}"#, "no", "+"),
        (r#"{"kind":"contains","value":"gold"}"#, "all gold", "+"),
        (r#"{"kind":"contains","value":"Gold"}"#, "all gold", "-"),
        (r#"{"kind":"contains","value":"Gold","ignore_case":true}"#, "all GOLD", "+"),
        (r#"{"kind":"contains","value":"name","whole_word":true}"#, "rename", "-"),
        (r#"{"kind":"contains","value":"name","whole_word":true}"#, "rename name.", "+"),
        (r#"{"kind":"not-contains","value":","}"#, "none here", "+"),
        (r#"{"kind":"not-contains","value":","}"#, "one, here", "-"),
        (r#"{"kind":"contains-any","values":["a","b"]}"#, "b", "+"),
        (r#"{"kind":"contains-any","values":["a","b"]}"#, "c", "-"),
        (r#"{"kind":"not-contains-any","values":["field","issue"],"whole_word":true}"#, "fields", "+"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "a b", "6666"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "cab", "+"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "x", "-"),
        (r#"{"kind":"not-contains-all","values":["a","b","c"]}"#, "a b", "+"),
        (r#"{"kind":"one-of","values":["yes","no"]}"#, "no", "+"),
        (r#"{"kind":"one-of","values":["yes","no"]}"#, "maybe", "-"),
        (r#"{"kind":"starts-with","value":"Dear"}"#, "  Dear Ada", "+"),
        (r#"{"kind":"starts-with","value":"Dear"}"#, "\"Dear Ada\"", "-"),
        (r#"{"kind":"starts-with","value":"Dear","trim_quotes":true}"#, "\"Dear Ada\"", "+"),
        (r#"{"kind":"starts-with","value":"I","whole_word":true}"#, "In May it rained.", "-"),
        (r#"{"kind":"starts-with","value":"I","whole_word":true}"#, "I saw it rain.", "+"),
        (r#"{"kind":"not-starts-with","value":"I","whole_word":true}"#, "In May it rained.", "+"),
        (r#"{"kind":"starts-with","value":"+","whole_word":true}"#, "+1", "+"),
        (r#"{"kind":"ends-with","value":"bye","whole_word":true}"#, "Good, bye", "+"),
        (r#"{"kind":"ends-with","value":"bye","whole_word":true}"#, "Goodbye", "-"),
        (r#"{"kind":"ends-with","value":"?","whole_word":true}"#, "Why?", "+"),
        (r#"{"kind":"ends-with","value":"the end.","ignore_case":true}"#, "This is The End. \n", "+"),
        (r#"{"kind":"ends-with","value":"the end."}"#, "This is the end", "-"),
        (r#"{"kind":"ends-with","value":"end.","trim_quotes":true}"#, "\"the end.\"\n", "+"),
        (r#"{"kind":"regex","pattern":"^\\d+$"}"#, "123", "+"),
        (r#"{"kind":"regex","pattern":"^b$"}"#, "a\nb", "-"),
        (r#"{"kind":"regex","pattern":"^B$","flags":"mi"}"#, "a\nb", "+"),
        (r#"{"kind":"not-regex","pattern":"(a+)+$"}"#, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "+"),
        (r#"{"kind":"quoted"}"#, " \"all of it\"\n", "+"),
        (r#"{"kind":"quoted"}"#, "\"", "-"),
        (r#"{"kind":"quoted"}"#, "\"half", "-"),
    ]);
}

#[test]
pub(crate) fn counts() {
    table(&[
        (r#"{"kind":"word-count","min":3}"#, "one two", "-"),
        (r#"{"kind":"word-count","min":2,"max":2}"#, "one two", "+"),
        (r#"{"kind":"word-count","exact":8}"#, "it's a well-known snake_case 3.14", "+"),
        (r#"{"kind":"word-count","max":0}"#, "", "+"),
        (r#"{"kind":"not-word-count","min":3}"#, "one two", "+"),
        (r#"{"kind":"char-count","exact":4}"#, "naïf", "+"),
        (r#"{"kind":"char-count","exact":4,"trim":true}"#, " naïf\n", "+"),
        (r#"{"kind":"line-count","exact":3}"#, "a\n\nb\n", "+"),
        (r#"{"kind":"line-count","max":1}"#, "", "+"),
        (r#"{"kind":"sentence-count","exact":2}"#, "Dr. Who came. He left.", "+"),
        (r#"{"kind":"sentence-count","exact":2}"#, "The answer is no. We move on.", "+"),
        (r#"{"kind":"term-count","term":"war","min":2}"#, "warward", "+"),
        (r#"{"kind":"term-count","term":"aa","exact":2}"#, "aaaaa", "+"),
        (r#"{"kind":"term-count","term":"War","ignore_case":true,"max":1}"#, "war WAR", "-"),
        (r#"{"kind":"letter-count","letter":"!","min":2}"#, "a!b!", "+"),
        (r#"{"kind":"letter-count","letter":"E","max":1}"#, "Even", "-"),
        (r#"{"kind":"letter-count","letter":"é","exact":2}"#, "É é e", "+"),
        (r#"{"kind":"capital-word-count","exact":3}"#, "NASA and COVID-19 in the UK", "+"),
        (r#"{"kind":"capital-word-count","max":0}"#, "Nothing Here", "+"),
        (r#"{"kind":"not-capital-word-count"}"#, "Nothing Here", "+"),
    ]);
}

#[test]
pub(crate) fn paragraphs() {
    table(&[
        (r#"{"kind":"paragraph-count","exact":2}"#, "a\nb\n \n\n\nc\n", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "a\n***\nb", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "***\na\n***\nb\n***", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "a *** *** b", "-"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"******","distinct":true}"#, "a ****** b", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"******","distinct":true}"#, "a ****** a", "-"),
        (r#"{"kind":"paragraph-count","max":0}"#, "\n \n", "+"),
        (
            r#"{"kind":"paragraph-first-word","paragraphs":2,"index":2,"word":"Send"}"#,
            "a b\n\n\"send, now",
            "+",
        ),
        (r#"{"kind":"paragraph-first-word","paragraphs":2,"index":2,"word":"send"}"#, "a\n\nb", "-"),
        (r#"{"kind":"paragraph-first-word","paragraphs":2,"index":1,"word":"a"}"#, "a\n\nb\n\nc", "-"),
        (r#"{"kind":"paragraph-first-word","index":3,"word":"a"}"#, "a\n\nb", "-"),
    ]);
}

#[test]
pub(crate) fn marks_of_structure() {
    table(&[
        (r#"{"kind":"list-item-count","exact":3}"#, "- a\n  - b\n* c\n** d\n+ e\n1. f", "+"),
        (r#"{"kind":"heading-count","exact":3}"#, "# A\n\n## B\n\nC\n===\n\n#no\n```\n# code\n```\n", "+"),
        (r#"{"kind":"heading-count","level":2,"exact":1}"#, "# A\n\n## B", "+"),
        (r#"{"kind":"heading-count","pattern":"^Intro"}"#, "# Introduction", "+"),
        (r#"{"kind":"heading-count","pattern":"^intro"}"#, "# Introduction", "-"),
        (
            r#"{"kind":"section-count","marker":"SECTION","exact":2}"#,
            "SECTION 1\nx\nSECTION2\nSECTION x",
            "+",
        ),
        (r#"{"kind":"highlight-count","exact":2}"#, "*one* and **two** and ** ** and *\n*", "+"),
        (r#"{"kind":"highlight-count","exact":3}"#, "*a* *b*c*d* x * y", "+"),
        (r#"{"kind":"title"}"#, "x <<A title>> y", "+"),
        (r#"{"kind":"title"}"#, "<< >> <<\n>>", "-"),
        (r#"{"kind":"postscript","marker":"P.S."}"#, "text\np. s. more", "+"),
        (r#"{"kind":"postscript","marker":"P.S."}"#, "text\nPS more", "-"),
        (r#"{"kind":"postscript","marker":"P.P.S"}"#, "P.P.S more", "+"),
        (r#"{"kind":"placeholder-count","exact":3}"#, "[a] [b [c] d] [] [open\n]", "+"),
        (
            r#"{"kind":"link-count","exact":4}"#,
            "https://a.example/x, www.b.example [c](http://c.example) [d](/d)",
            "+",
        ),
        (r#"{"kind":"link-count","exact":1}"#, "[https://a.example](https://a.example)", "+"),
        (r#"{"kind":"not-link-count"}"#, "no http or www here", "+"),
        (r#"{"kind":"link-count","domains":{"allow":["a.example"]}}"#, "see https://www.a.example/x.", "+"),
        (
            r#"{"kind":"link-count","domains":{"allow":["a.example"]}}"#,
            "https://a.example https://ba.example",
            "-",
        ),
        (r#"{"kind":"link-count","deny":["bad.example"],"max":3}"#, "http://user@Bad.example:80/x", "-"),
        (r#"{"kind":"link-count","domains":{"deny":["bad.example"]}}"#, "http://www.bad.example", "-"),
        (r#"{"kind":"link-count","domains":{"deny":["bad.example"]}}"#, "http://good.example", "+"),
        (
            r#"{"kind":"link-count","max":0}"#,
            "handlers[i](event); table[i][j](event.target); (x) => calls[\"a\"](x)",
            "+",
        ),
        (r#"{"kind":"link-count","exact":3}"#, "[a](b) see[c](https://d.example) [![e](f.png)](g)", "-"),
        (r#"{"kind":"link-count","exact":4}"#, "[a](b) see[c](https://d.example) [![e](f.png)](g)", "+"),
    ]);
}

#[test]
pub(crate) fn language_and_case() {
    table(&[
        (r#"{"kind":"case","value":"upper"}"#, "ALL 3 OF IT!", "+"),
        (r#"{"kind":"case","value":"upper"}"#, "123", "-"),
        (r#"{"kind":"case","value":"lower"}"#, "all but One", "-"),
        (r#"{"kind":"not-case","value":"lower"}"#, "all but One", "+"),
        (
            r#"{"kind":"language","value":"en"}"#,
            "The assay office stamps what it has found in the metal.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"fr"}"#,
            "Le bureau de garantie poinçonne ce qu'il a trouvé dans le métal.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"fr"}"#,
            "The assay office stamps what it has found in the metal.",
            "-",
        ),
        (
            r#"{"kind":"language","value":"pt-BR"}"#,
            "A casa da moeda carimba o que encontrou no metal, e nada mais.",
            "+",
        ),
        (r#"{"kind":"language","value":"ja"}"#, "これは金の分析です。", "+"),
        (
            r#"{"kind":"language","value":"sw"}"#,
            "Habari ya leo ni kwamba watu wengi wanapenda kusoma vitabu na kucheza katika uwanja wa shule.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"sw"}"#,
            "The assay office stamps what it has found in the metal.",
            "-",
        ),
        (r#"{"kind":"language","value":"en"}"#, "ok", "?"),
        (r#"{"kind":"not-language","value":"en"}"#, "", "?"),
    ]);
}
