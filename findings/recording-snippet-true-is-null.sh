#!/usr/bin/env bash
# A recorded call with "paid": true sends null from the PHP that httpsnippet and two of its forks make of it, and two coupons are one in the R of all four.
# Packages: httpsnippet 3.0.10, httpsnippet-lite 3.0.5, @hoppscotch/httpsnippet 3.0.9, @readme/httpsnippet 11.4.0 from npm
# Expected: code made from a HAR request sends that request; a body is in it as it was recorded, as the recording has it as text.
# Happens: the PHP for curl has null for true and for false (readme's fork apart), and names a cookie twice. R joins the values of a repeated parameter with a comma
#   and puts user[name] where R wants a name, which is no R. All JavaScript and PHP for curl read the body and write it anew, so that an id loses one; PHP for
#   Guzzle, Go, Java and the shell hold the text. A header that comes twice is there once, in all.
# Matters: these snippets are the examples beside an API's reference, and the first call that a partner makes; a sale that was paid arrives as of unknown state.
# Output seen:
#> httpsnippet, php curl
#>   'id' => 9007199254740992,
#>   'paid' => null,
#>   'open' => null
#>   CURLOPT_COOKIE => "till=7",
#>   "X-Tag: b"
#> httpsnippet, r httr
#>   code = "A,B",
#>   user[name] = "Kim"
#>   response <- VERB("POST", url, body = payload, query = queryString, add_headers('X-Tag' = 'b'), content_type("application/json"), set_cookies(`till` = "7"), encode = encode)
#> httpsnippet, javascript fetch
#>   body: '{"id":9007199254740992,"paid":true,"open":false}'
#> httpsnippet, go native
#>   payload := strings.NewReader("{\"id\":9007199254740993,\"paid\":true,\"open\":false}")
#> httpsnippet-lite, php curl
#>   'id' => 9007199254740992,
#>   'paid' => null,
#>   'open' => null
#>   CURLOPT_COOKIE => "till=7",
#>   "X-Tag: b"
#> httpsnippet-lite, r httr
#>   code = "A,B",
#>   user[name] = "Kim"
#>   response <- VERB("POST", url, body = payload, query = queryString, add_headers('X-Tag' = 'b'), content_type("application/json"), set_cookies(`till` = "7"), encode = encode)
#> httpsnippet-lite, javascript fetch
#>   body: '{"id":9007199254740992,"paid":true,"open":false}'
#> httpsnippet-lite, go native
#>   payload := strings.NewReader("{\"id\":9007199254740993,\"paid\":true,\"open\":false}")
#> @hoppscotch/httpsnippet, php curl
#>   'id' => 9007199254740992,
#>   'paid' => null,
#>   'open' => null
#>   CURLOPT_COOKIE => "till=7",
#>   "X-Tag: b"
#> @hoppscotch/httpsnippet, r httr
#>   code = "A,B",
#>   user[name] = "Kim"
#>   response <- VERB("POST", url, body = payload, query = queryString, add_headers('X-Tag' = 'b'), content_type("application/json"), set_cookies(`till` = "7"), encode = encode)
#> @hoppscotch/httpsnippet, javascript fetch
#>   body: '{"id":9007199254740992,"paid":true,"open":false}'
#> @hoppscotch/httpsnippet, go native
#>   payload := strings.NewReader("{\"id\":9007199254740993,\"paid\":true,\"open\":false}")
#> @readme/httpsnippet, php curl
#>   'id' => 9007199254740992,
#>   'paid' => true,
#>   'open' => false
#>   CURLOPT_COOKIE => "till=7",
#>   "X-Tag: b"
#> @readme/httpsnippet, r httr
#>   code = "A,B",
#>   user[name] = "Kim"
#>   response <- VERB("POST", url, body = payload, query = queryString, add_headers('X-Tag' = 'b'), content_type("application/json"), set_cookies(`till` = "7"), encode = encode)
#> @readme/httpsnippet, javascript fetch
#>   body: JSON.stringify({id: 9007199254740992, paid: true, open: false})
#> @readme/httpsnippet, go native
#>   payload := strings.NewReader("{\"id\":9007199254740993,\"paid\":true,\"open\":false}")
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" \
  httpsnippet@3.0.10 httpsnippet-lite@3.0.5 @hoppscotch/httpsnippet@3.0.9 @readme/httpsnippet@11.4.0 >/dev/null
cd "$work"
cat >convert.mjs <<'PROGRAM'
const request = {
  method: "POST",
  url: "http://127.0.0.1/sales",
  httpVersion: "HTTP/1.1",
  cookies: [{ name: "till", value: "7" }],
  headers: [{ name: "Content-Type", value: "application/json" }, { name: "X-Tag", value: "a" }, { name: "X-Tag", value: "b" }],
  queryString: [{ name: "code", value: "A" }, { name: "code", value: "B" }, { name: "user[name]", value: "Kim" }],
  postData: { mimeType: "application/json", text: '{"id":9007199254740993,"paid":true,"open":false}' },
  headersSize: -1,
  bodySize: -1,
};
for (const name of ["httpsnippet", "httpsnippet-lite", "@hoppscotch/httpsnippet", "@readme/httpsnippet"]) {
  const kit = await import(name);
  const snippet = new (kit.HTTPSnippet ?? kit.default.HTTPSnippet)(structuredClone(request));
  for (const [target, client, wanted] of [
    ["php", "curl", /'(id|paid|open)' =>|till=7|X-Tag/],
    ["r", "httr", /code =|user.name/],
    ["javascript", "fetch", /body:/],
    ["go", "native", /payload :=/],
  ]) {
    const code = [await snippet.convert(target, client)].flat()[0];
    console.log(`${name}, ${target} ${client}`);
    for (const line of code.split("\n")) if (wanted.test(line)) console.log(`  ${line.trim()}`);
  }
}
PROGRAM
node convert.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-snippet-true-is-null: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
