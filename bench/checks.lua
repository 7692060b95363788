-- Asks one question after the other about people of the replica, each with a key of its own.
-- CHECK_TOKEN is a bearer token, CHECK_FEED a file with one JSON question per line.
local token, run = os.getenv("CHECK_TOKEN"), os.getenv("CHECK_RUN")
local questions, turn = {}, 0
local told = {}

function init()
  for line in io.lines(os.getenv("CHECK_FEED")) do table.insert(questions, line) end
end

function request()
  turn = turn + 1
  local headers = {
    ["Host"] = os.getenv("CHECK_HOST"),
    ["Authorization"] = "Bearer " .. token,
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = string.format("bench-%s-%012d", run, turn),
  }
  return wrk.format("POST", "/verifications/real-name", headers, questions[turn % #questions + 1])
end

function response(status, _, body)
  local result = string.match(body, '"result":"(%u+)"') or ("status " .. status)
  if not told[result] then told[result] = true; print("TOLD " .. result) end
end

function done(summary, latency)
  local errors = summary.errors.status + summary.errors.read + summary.errors.timeout
  print(string.format('RESULT {"good": %d, "bad": %d, "seconds": %.3f, "p50_ms": %.2f, "p99_ms": %.2f}',
    summary.requests - summary.errors.status, errors, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
