--!needs names ring held entry
-- claimed("lane tenant job queued_fence claim_fence"...) -> a letter each: H held, - not.
-- The claim is committed: the slot goes by its new fence and does not come back by itself.
local letters = {}
for _, g in ipairs(slot_messages()) do
    local texts, known = slots_of(g), call('HMGET', IDX, unpack(g.jobs))
    local renamed, index = {}, {}
    for i, job in ipairs(g.jobs) do
        local s, fence = slot_parse(texts[i], g.lane, g.tenant, job), tonumber(g.words[i])
        local state, known_fence = known_parse(known[i])
        letters[g.at[i]] = '-'
        if s and s.fence == g.fences[i] and (not state or known_fence < fence) then
            s.fence, s.state = fence, 'l'
            renamed[#renamed + 1] = job
            renamed[#renamed + 1] = slot_text(s)
            index[#index + 1] = job
            index[#index + 1] = 'l' .. fence
            letters[g.at[i]] = 'H'
        end
    end
    if #renamed > 0 then
        call('HSET', live_key(g.lane, g.tenant), unpack(renamed))
        call('HSET', IDX, unpack(index))
    end
end
return table.concat(letters)
