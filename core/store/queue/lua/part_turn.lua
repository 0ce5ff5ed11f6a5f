-- part_turn.lua - who is served next in a lane: `take` picks by it, and `status` says by it who waits for whom.
--
-- The class in strict order, but of eight picks one begins with the lowest and one with the middle, so that none starves.
-- In it the tenant that holds no slot of the lane, else the one with the lowest start tag, unless it holds its share.
local AGEING = { [3] = { 'normal', 'interactive', 'bulk' }, [7] = { 'bulk', 'normal', 'interactive' } }

local function turn_read(lane)
    return tonumber(call('HGET', P .. ':turn', lane) or 0)
end

local function classes_in_turn(turn)
    return AGEING[turn % 8] or CLASSES
end

local function lane_busy(lane)
    local busy = 0
    for _, held in ipairs(call('HVALS', P .. ':busy:' .. lane)) do
        busy = busy + held
    end
    return busy
end

-- Slots the tenant may add before it holds more than three quarters (rounded up) of those in use:
-- the greatest k with held + k <= ceil(3 (busy + k) / 4). Above the limit at most one tenant can be.
local function share_left(lane, tenant, busy)
    return 3 * busy - 4 * call('HLEN', live_key(lane, tenant)) + 3
end
