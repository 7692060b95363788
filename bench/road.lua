-- Sends one road's requests through wrk, judges each answer, and keeps what the next road needs.
-- The plan names: requests (sent in turn) or feed (one item per request, appended to prefix);
-- good, a pattern that a right answer's body or Location must have; harvest, files to fill.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long us; } moment; int gettimeofday(moment *, void *); ]]
local moment = ffi.new("moment")
local plan = dofile(os.getenv("BENCH_PLAN"))
local threads = {}
local ready, turn, feed, first, last = {}, 0, {}, 1, 0
local harvested = {}

good, bad, starved, complaint = 0, 0, 0, ""
began, ended = 0, 0

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.s) + tonumber(moment.us) / 1e6
end

function setup(thread)
  table.insert(threads, thread)
end

local function push(item)
  last = last + 1
  feed[last] = item
end

function init()
  began = now()
  for _, r in ipairs(plan.requests) do
    table.insert(ready, wrk.format(r.method, r.path, r.headers, r.body))
  end
  if plan.feed then
    for item in io.lines(plan.feed) do push(item) end
  end
  for name, rule in pairs(plan.harvest) do
    if rule.file then harvested[name] = io.open(rule.file, "w") end
  end
end

function request()
  if not plan.feed then
    turn = turn % #ready + 1
    return ready[turn]
  end
  local item = feed[first]
  if item == nil then
    starved = starved + 1
    wrk.thread:stop()
    return ready[1]
  end
  feed[first] = nil
  first = first + 1
  local r = plan.requests[1]
  return wrk.format(r.method, r.path, r.headers, plan.prefix .. item)
end

function response(status, headers, body)
  local where = body
  if plan.look_in == "location" then where = headers["Location"] or headers["location"] or "" end
  if status >= 400 or not string.find(where, plan.good) then
    bad = bad + 1
    if complaint == "" then complaint = status .. " " .. string.sub(where .. body, 1, 200) end
    return
  end
  good = good + 1
  ended = now()
  for name, rule in pairs(plan.harvest) do
    local item = string.match(where, rule.pattern)
    if item and rule.file then harvested[name]:write(item, "\n") end
    if item and rule.again then push(item) end
  end
end

function done(summary, latency)
  local totals = { good = 0, bad = 0, starved = 0 }
  local complaints = ""
  local seconds = summary.duration / 1e6
  for _, thread in ipairs(threads) do
    for name in pairs(totals) do totals[name] = totals[name] + thread:get(name) end
    -- wrk sleeps its time out even when its threads have run out of work
    if thread:get("starved") > 0 then seconds = thread:get("ended") - thread:get("began") end
    complaints = complaints .. thread:get("complaint")
  end
  complaints = string.gsub(complaints, '[^%w %.,:;=_/{}-]', "'")
  io.write(string.format(
    'RESULT {"good":%d,"bad":%d,"starved":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"complaint":"%s"}\n',
    totals.good, totals.bad, totals.starved, seconds,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, complaints))
end
