%% What is said: one JSON object in one line; and what the kernel and the runtime say of this process.
-module(peer_answer).
-export([json/1, words/1, version/0, pss/0, kib/2]).

json(null) -> "null";
json(Truth) when is_boolean(Truth) -> atom_to_list(Truth);
json(Number) when is_integer(Number) -> integer_to_list(Number);
json(Number) when is_float(Number) -> float_to_list(Number, [{decimals, 3}, compact]);
json(Fields) when is_map(Fields) ->
    [${, lists:join(", ", [[$", atom_to_list(Name), "\": ", value(Name, Value)] || {Name, Value} <- maps:to_list(Fields)]), $}].

%% Which of the lists are text is known by their names.
value(_, null) -> "null";
value(Name, Text) when Name =:= peer; Name =:= version; Name =:= how; Name =:= asked; Name =:= why -> string(Text);
value(_, Values) when is_list(Values) -> [$[, lists:join(", ", [item(Value) || Value <- Values]), $]];
value(_, Value) -> json(Value).

item({Value, Count}) -> [$[, json(Value), ", ", json(Count), $]];
item(Value) -> json(Value).

string(Text) -> [$", [escaped(Char) || Char <- unicode:characters_to_list(Text)], $"].

escaped(Char) when Char =:= $"; Char =:= $\\ -> [$\\, Char];
escaped(Char) when Char < $\s; Char > $~ -> io_lib:format("\\u~4.16.0b", [min(Char, 16#fffd)]);
escaped(Char) -> Char.

%% Why something ended, in a line.
words(Reason) -> io_lib:format("~0.0P", [Reason, 20]).

version() ->
    Release = erlang:system_info(otp_release),
    Exact = case file:read_file(filename:join([code:root_dir(), "releases", Release, "OTP_VERSION"])) of
        {ok, Text} -> string:trim(Text);
        {error, _} -> Release
    end,
    io_lib:format("OTP ~s, ERTS ~s, ~s", [Exact, erlang:system_info(version), erlang:system_info(emu_flavor)]).

%% Resident memory of this process, pages that others have too by their share.
pss() ->
    case kib("/proc/self/smaps_rollup", "Pss:") of
        null -> throw({failed, "the kernel does not tell PSS"});
        Bytes -> Bytes
    end.

%% What the line that begins with Name says, in bytes.
kib(Path, Name) ->
    case file:read_file(Path) of
        {ok, Text} ->
            case re:run(Text, ["(?m)^", Name, "\\s+(\\d+) kB$"], [{capture, [1], list}]) of
                {match, [Digits]} -> list_to_integer(Digits) * 1024;
                nomatch -> null
            end;
        {error, _} -> null
    end.
