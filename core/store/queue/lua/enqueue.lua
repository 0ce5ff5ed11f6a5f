--!needs names ring held entry
-- enqueue(entry...) -> one letter an entry: A added, D known already, O stale fence, F full.
-- entry: "lane class tenant job fence cost_ms kind action".
return push(entries_cut(ARGV, 3), 'mark')
