--!needs names ring entry
-- claimed("lane tenant job queued_fence claim_fence"...) -> a letter each: H held, - not.
-- The claim is committed: the slot goes by its new fence and does not come back by itself.
local letters = {}
for _, g in ipairs(slot_messages()) do
    local slots, known = slots_of(g)
    local renamed, taken, index = {}, {}, {}
    for i, m in ipairs(g) do
        local s, fence = slots[i], tonumber(m.word)
        local state, known_fence = known_parse(known[i])
        letters[m.at] = '-'
        if s and s.fence == m.fence and (not state or known_fence < fence) then
            taken[#taken + 1] = taken_name(g.lane, g.tenant, m.job, m.fence)
            s.fence, s.state = fence, 'l'
            renamed[#renamed + 1] = m.job
            renamed[#renamed + 1] = slot_text(s)
            index[#index + 1] = m.job
            index[#index + 1] = 'l' .. fence
            letters[m.at] = 'H'
        end
    end
    if #taken > 0 then
        call('HSET', live_key(g.lane, g.tenant), unpack(renamed))
        call('ZREM', P .. ':taken', unpack(taken))
        call('HSET', IDX, unpack(index))
    end
end
return table.concat(letters)
