-- part_names.lua - the head of every script that works on a living queue.
--
-- KEYS[1]  {sNN}:gen. All keys of a shard share its hash tag, so naming one routes the script on a
--          cluster; the others are derived from it.
-- ARGV[1]  the generation the caller believes in, or rebuild:<token> while the queue is filled anew.
-- ARGV[2]  now in ms; 0 asks Redis. Programs always send 0: a deadline set for one host is judged for
--          another, and Redis is the one clock they share. Tests send a virtual time.
--
-- A script begins with a line `--!needs names ring entry`: the parts the loader puts before it.
local P = string.match(KEYS[1], '^(.*):gen$')
local call = redis.call

local generation = call('GET', KEYS[1])
if generation ~= ARGV[1] then
    local token = string.match(ARGV[1], '^rebuild:(.+)$')
    local rebuilding = token and call('GET', P .. ':rebuild')
    if not rebuilding or string.match(rebuilding, ' (.+)$') ~= token then
        return redis.error_reply('NOGEN this queue is not the one you know')
    end
end

local now = tonumber(ARGV[2])
if now == 0 then
    local t = call('TIME')
    now = t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Highest first; a class is never starved, see take.
local CLASSES = { 'interactive', 'normal', 'bulk' }
local IDS_MAX = 2000      -- of one tenant, lane and class; the rest waits in PostgreSQL
local IDS_LOW = 1000      -- below this a refill is asked for
local TAKEN_MS = 15000    -- from take to claimed
local PARK_MS = 30000     -- a tenant at its limit is looked at again after this, should no finish wake it
local DUE_LOOK_MS = 15000 -- QUEUE_BELL_S; at most TAKEN_MS, so that no deadline is overlooked
local BELL_MAX = 64
local QUANTUM_MS = 20     -- of estimated run time, for one tenant in turn
local QUANTUM_ENTRIES = 64
local REFUND_LAG_MS = 200 -- how far behind virtual time a refund may put a waiting tenant
local COSTS_MAX = 200000  -- (tenant, action) pairs whose run time is remembered

-- Tags are doubles; Lua's own conversion would keep 14 digits.
local function exact(number)
    return string.format('%.17g', number)
end

local function queue_key(lane, class, tenant)
    return P .. ':q:' .. lane .. ':' .. class .. ':' .. tenant
end

-- What was stepped over at a limit of its name: older than all of the queue, in the order it came.
local function aside_key(lane, class, tenant)
    return P .. ':aside:' .. lane .. ':' .. class .. ':' .. tenant
end

local function ring_key(lane, class)
    return P .. ':ring:' .. lane .. ':' .. class
end

local function live_key(lane, tenant)
    return P .. ':live:' .. lane .. ':' .. tenant
end

-- Something falls due at `at_ms`. Who promotes looks every DUE_LOOK_MS by itself; wake it for less.
local function due_ring(at_ms)
    if at_ms - now < DUE_LOOK_MS and call('LLEN', P .. ':bell:due') == 0 then
        call('RPUSH', P .. ':bell:due', '1')
    end
end

local function lanes()
    return call('SMEMBERS', P .. ':lanes')
end
