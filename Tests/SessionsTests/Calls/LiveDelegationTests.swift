import Sessions
import Testing

/// The findings about the delegation of a session of the type `live`.
struct `The delegation of a live session` {
    /// Each row has the member `delegation`; below it what `check` finds.
    @Test(arguments: delegations)
    func `has the findings of the table`(verdict: Verdict) throws {
        let file = #"{"session":{"type":"live","model":"gpt-live-1",\#(verdict.testDescription)}}"#
        #expect(try SessionDirectory.findings(in: file) == verdict.findings)
    }

    private static let delegations = Verdict.table(
        #"""
        "delegation":null
        "delegation":{"type":"client","acknowledgement_delay_ms":0}
        "delegation":{"type":"client","acknowledgement_delay_ms":-1}
          error session.delegation.acknowledgement_delay_ms: must be at least 0, is -1
        "delegation":{"type":"client","responses":{"model":"m"}}
          error session.delegation.responses: only responses has it; client has acknowledgement_delay_ms
        "delegation":{}
          error session.delegation.type: is required
        "delegation":{"type":"responses"}
          error session.delegation.responses: is required
        "delegation":{"type":"responses","responses":{}}
          error session.delegation.responses.model: is required
        "delegation":{"type":"responses","responses":{"model":"m","instructions":null,"max_output_tokens":16,"parallel_tool_calls":null,"reasoning":{"effort":"none","summary":"auto"},"service_tier":"flex","text":{"verbosity":"low"},"tool_choice":"auto","tools":[]}}
        "delegation":{"type":"responses","responses":{"model":"m","max_output_tokens":15}}
          warning session.delegation.responses.max_output_tokens: must be at least 16, is 15
        "delegation":{"type":"responses","responses":{"model":"m","reasoning":{"effort":"extreme"},"service_tier":"slow"}}
          error session.delegation.responses.reasoning.effort: must be none, minimal, low, medium, high, or xhigh, is "extreme"
          error session.delegation.responses.service_tier: must be auto, default, fast_tier_temp_pilot, flex, priority, or ultrafast, is "slow"
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"web_search","search_context_size":"low"},{"type":"custom"}]}}
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"browser"}]}}
          error session.delegation.responses.tools[0].type: must be function, mcp, shell, web_search, file_search, code_interpreter, image_generation, custom, namespace, tool_search, programmatic_tool_calling, computer, or apply_patch, is "browser"
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"function","name":"f","strict":true,"description":null,"parameters":{"type":"object"}}],"tool_choice":{"type":"function","name":"f"}}}
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"function","name":"a b"},{"type":"function","name":"a b"}]}}
          warning session.delegation.responses.tools[0].name: must be 1 to 64 of a-z, A-Z, 0-9, _ and -, is "a b"
          warning session.delegation.responses.tools[1].name: must be 1 to 64 of a-z, A-Z, 0-9, _ and -, is "a b"
          warning session.delegation.responses.tools[1].name: session.delegation.responses.tools[0] has this name already
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"function"}],"tool_choice":{"type":"function","name":"f"}}}
          error session.delegation.responses.tools[0].name: is required
          warning session.delegation.responses.tool_choice.name: there is no function "f"
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"mcp","server_label":"l"}]}}
          error session.delegation.responses.tools[0].server_url: is required
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"mcp","server_label":"l","server_url":"https://x.example","authorization":"a","headers":{"X-Api-Key":"k","X-Shop":"7"},"allowed_tools":{"tool_names":null},"require_approval":{"never":{"read_only":true}},"allowed_callers":["direct"],"defer_loading":null}]}}
          warning session.delegation.responses.tools[0].headers.X-Api-Key: session.started may show it to the page; put a secret into authorization
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"mcp","server_label":"l","connector_id":"c","headers":{"a":1}}]}}
          warning session.delegation.responses.tools[0].connector_id: models released after 2026-09-01 do not accept it; use server_url or tunnel_id
          error session.delegation.responses.tools[0].headers.a: must be a string, is an integer
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"shell","environment":null},{"type":"shell","environment":{"type":"container_auto","memory_limit":"4g","network_policy":{"type":"allowlist","allowed_domains":["a.example"]}}},{"type":"shell","environment":{"type":"container_reference","container_id":"c"}},{"type":"shell","environment":{"type":"local","skills":[]}}]}}
        "delegation":{"type":"responses","responses":{"model":"m","tools":[{"type":"shell","environment":{"type":"container_auto","memory_limit":"2g","network_policy":{"type":"allowlist"}}},{"type":"shell"}]}}
          error session.delegation.responses.tools[0].environment.memory_limit: must be 1g, 4g, 16g, or 64g, is "2g"
          error session.delegation.responses.tools[0].environment.network_policy.allowed_domains: is required
          error session.delegation.responses.tools[1].environment: is required
        "delegation":{"type":"responses","responses":{"model":"m","tool_choice":{"type":"web_search"}}}
        "delegation":{"type":"responses","responses":{"model":"m","tool_choice":{"type":"allowed_tools","tools":[{"type":"web_search"}],"mode":"auto"}}}
        "delegation":{"type":"responses","responses":{"model":"m","tool_choice":"any"}}
          error session.delegation.responses.tool_choice: must be auto, none, or required, is "any"
        "delegation":{"type":"decisions","decisions":{"model":"m","questions":[{"type":"choice","choices":[{"value":true},{"value":"b","description":"d"}],"instructions":"Which?"},{"type":"predicate","instructions":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"u","detail":"low"},{"type":"input_json","data":[{}]}]},{"type":"score","levels":[{"label":"low"}],"instructions":"s","name":"n"}]}}
        "delegation":{"type":"decisions","decisions":{"questions":[{"type":"choice","instructions":"x"},{"type":"predicate"},{"type":"predicate","instructions":[{"type":"input_json","data":[1]}]},{"type":"rank"}]}}
          error session.delegation.decisions.model: is required
          error session.delegation.decisions.questions[0].choices: is required
          error session.delegation.decisions.questions[1].instructions: is required
          error session.delegation.decisions.questions[2].instructions[0].data[0]: must be an object, is an integer
          error session.delegation.decisions.questions[3].type: must be choice, predicate, or score, is "rank"
        """#)
}
