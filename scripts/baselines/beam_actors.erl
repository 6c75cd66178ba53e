%% Actors that are processes of the BEAM: spawn, ! and receive, and a gen_server for the ask, as Erlang's own
%% documentation does. By hand:
%%
%%     erlc beam_actors.erl
%%     erl +P 16777216 +Bd -noshell -noinput -s beam_actors -extra MEASURE --seconds S [--memory-bytes N] [--target N]
%%
%% The protocol is that of protocol.py beside this file. A round trip takes less than ten readings of the clock, so the
%% latencies are stamped per BATCH of them. One system process runs all the processes here, on a scheduler per core;
%% `speedup` takes the schedulers away, all but one.
-module(beam_actors).
-behaviour(gen_server).
-export([start/0, init/1, handle_call/3, handle_cast/2]).

-define(BATCH, 100).
-define(CHUNK, 1000).
-define(WORK_NS, 1000).

start() ->
    os:set_signal(sigterm, default),
    try main(init:get_plain_arguments())
    catch Class:Reason ->
        io:format(standard_error, "~p: ~p~n", [Class, Reason]),
        halt(1)
    end.

main([Measure | Rest]) ->
    case lists:keyfind(Measure, 1, measures()) of
        {_, Run} -> answer(Measure, Run(arguments(Rest, #{memory => 0, target => 0})));
        false -> usage()
    end;
main([]) -> usage().

measures() ->
    [{"actors", fun actors/1}, {"one_way", fun one_way/1}, {"ask", fun ask/1}, {"throughput", fun throughput/1},
     {"bytes", fun bytes/1}, {"speedup", fun speedup/1}].

arguments(["--seconds", S | Rest], A) -> arguments(Rest, A#{ns => round(seconds(S) * 1.0e9)});
arguments(["--memory-bytes", N | Rest], A) -> arguments(Rest, A#{memory := whole(N)});
arguments(["--target", N | Rest], A) -> arguments(Rest, A#{target := whole(N)});
arguments([], #{ns := Ns} = A) when Ns > 0 -> A;
arguments(_, _) -> usage().

seconds(Text) ->
    case string:to_float(Text) of
        {Value, ""} -> Value;
        _ -> float(whole(Text))
    end.

whole(Text) ->
    case string:to_integer(Text) of
        {Value, ""} when Value >= 0 -> Value;
        _ -> usage()
    end.

usage() ->
    io:format(standard_error, "usage: beam_actors actors|one_way|ask|throughput|bytes|speedup --seconds S "
              "[--memory-bytes N] [--target N]~n", []),
    halt(2).

answer(Measure, #{sent := Sent, received := Sent} = Fields) ->
    Parts = [io_lib:format("\"~s\": ~s", [K, json(V)]) || {K, V} <- maps:to_list(Fields)],
    io:format("{\"measure\": \"~s\", ~s}~n", [Measure, lists:join(", ", Parts)]),
    halt(0);
answer(_, #{sent := Sent, received := Received}) ->
    io:format(standard_error, "~b messages sent, ~b received~n", [Sent, Received]),
    halt(1).

json(V) when is_integer(V) -> integer_to_list(V);
json(V) when is_float(V) -> float_to_list(V, [{decimals, 3}, compact]);
json(V) when is_atom(V) -> ["\"", atom_to_list(V), "\""];
json(V) when is_list(V) -> ["[", lists:join(", ", [json(E) || E <- V]), "]"].

now_ns() -> erlang:monotonic_time(nanosecond).

%% --- the actors ------------------------------------------------------------------------------------------------------

echo() ->
    receive
        {From, Message} -> From ! {self(), Message}, echo();
        stop -> ok
    end.

counter(Count) ->
    receive
        increment -> counter(Count + 1);
        {From, get} -> From ! {count, Count}, counter(Count);
        stop -> ok
    end.

pong(Count) ->
    receive
        {ping, From} -> From ! pong, pong(Count + 1);
        {From, get} -> From ! {count, Count}, pong(Count);
        stop -> ok
    end.

init(Count) -> {ok, Count}.
handle_call(get, _From, Count) -> {reply, Count, Count};
handle_call(Message, _From, Count) -> {reply, Message, Count + 1}.
handle_cast(_, Count) -> {noreply, Count}.

%% One side of a pair in `speedup`: works, then hits the ball back until its time is up.
player(Work, Sent, Received) ->
    receive
        {ball, From, Until, Umpire} ->
            spin(Work),
            case now_ns() < Until of
                true -> From ! {ball, self(), Until, Umpire}, player(Work, Sent + 1, Received + 1);
                false -> Umpire ! ended, player(Work, Sent, Received + 1)
            end;
        {From, get} -> From ! {score, Sent, Received}, player(Work, Sent, Received);
        stop -> ok
    end.

spin(0) -> ok;
spin(N) -> spin(N - 1).

%% --- the measures ----------------------------------------------------------------------------------------------------

actors(A) ->
    Before = erlang:system_info(process_count),
    {Pids, N, Limit} = create(A),
    Answered = all_answer(Pids, 0),
    stop(Pids, Before),
    #{sent => N, received => Answered, actors => Answered, limit => Limit}.

bytes(A) ->
    Before = erlang:system_info(process_count),
    {[First], 1, _} = create(A#{target := 1}),
    1 = all_answer([First], 0),
    PssBefore = pss(),
    {Pids, N, _} = create(A),
    Answered = all_answer(Pids, 0),
    PssAfter = pss(),
    stop([First | Pids], Before),
    #{sent => N, received => Answered, actors => Answered, bytes_per_actor => (PssAfter - PssBefore) / Answered}.

one_way(#{ns := Ns}) ->
    Self = self(),
    Before = erlang:system_info(process_count),
    Pong = spawn(fun() -> pong(0) end),
    spawn(fun() -> Self ! {done, batches(fun() -> ping_pong(Pong, ?BATCH) end, 2, now_ns() + Ns, #{}, 0)} end),
    {Histogram, Trips} = receive {done, Result} -> Result end,
    Pong ! {self(), get},
    Received = receive {count, C} -> C end,
    stop([Pong], Before),
    #{sent => 2 * Trips, received => Trips + Received, histogram => Histogram, batch => ?BATCH}.

ping_pong(_, 0) -> ok;
ping_pong(Pong, N) ->
    Pong ! {ping, self()},
    receive pong -> ping_pong(Pong, N - 1) end.

ask(#{ns := Ns}) ->
    {ok, Server} = gen_server:start(?MODULE, 0, []),
    {Histogram, Asked} = batches(fun() -> calls(Server, ?BATCH) end, 1, now_ns() + Ns, #{}, 0),
    Received = gen_server:call(Server, get),
    gen_server:stop(Server),
    #{sent => Asked, received => Received, histogram => Histogram, batch => ?BATCH}.

calls(_, 0) -> ok;
calls(Server, N) ->
    N = gen_server:call(Server, N),
    calls(Server, N - 1).

throughput(#{ns := Ns}) ->
    Before = erlang:system_info(process_count),
    Counter = spawn(fun() -> counter(0) end),
    Start = now_ns(),
    {Sent, Received} = flood(Counter, Start + Ns, 0, 0),
    Took = now_ns() - Start,
    stop([Counter], Before),
    #{sent => Sent, received => Received, msgs_per_s => Received * 1.0e9 / Took}.

%% Chunks of messages, at most two of them unacknowledged: what waits in the mailbox is bounded.
flood(Counter, Until, Sent, Waiting) ->
    case now_ns() < Until of
        true ->
            increments(Counter, ?CHUNK),
            Counter ! {self(), get},
            case Waiting of
                0 -> flood(Counter, Until, Sent + ?CHUNK, 1);
                1 -> receive {count, _} -> flood(Counter, Until, Sent + ?CHUNK, 1) end
            end;
        false ->
            Counts = [receive {count, C} -> C end || _ <- lists:seq(1, Waiting)],
            {Sent, lists:max([0 | Counts])}
    end.

increments(_, 0) -> ok;
increments(Counter, N) ->
    Counter ! increment,
    increments(Counter, N - 1).

%% All schedulers and one take turns, so that a drift of the machine's speed meets both.
speedup(#{ns := Ns}) ->
    Cores = erlang:system_info(schedulers_online),
    Before = erlang:system_info(process_count),
    Work = work_loops(),
    New = fun() -> spawn(fun() -> player(Work, 0, 0) end) end,
    Players = [{New(), New()} || _ <- lists:seq(1, 2 * Cores)],
    Rates = [{Online, turn(Online, Players, Ns div 8)}
             || Online <- [Cores, 1, 1, Cores, Cores, 1, 1, Cores]],
    {Sent, Received} = score(Players),
    stop(lists:flatmap(fun({One, Other}) -> [One, Other] end, Players), Before),
    Sum = fun(Which) -> lists:sum([Rate || {Online, Rate} <- Rates, Online =:= Which]) end,
    #{sent => length(Rates) * length(Players) + Sent, received => Received, speedup => Sum(Cores) / Sum(1),
      cores => Cores, pairs => length(Players)}.

turn(Online, Players, Ns) ->
    erlang:system_flag(schedulers_online, Online),
    {_, Before} = score(Players),
    Start = now_ns(),
    [One ! {ball, Other, Start + Ns, self()} || {One, Other} <- Players],
    [receive ended -> ok end || _ <- Players],
    Took = now_ns() - Start,
    {_, After} = score(Players),
    (After - Before) * 1.0e9 / Took.

score(Players) ->
    Scores = [begin P ! {self(), get}, receive {score, S, R} -> {S, R} end end
              || {One, Other} <- Players, P <- [One, Other]],
    {lists:sum([S || {S, _} <- Scores]), lists:sum([R || {_, R} <- Scores])}.

%% --- creating, asking and stopping many ------------------------------------------------------------------------------

create(#{ns := Ns} = A) -> create(A, now_ns() + Ns, erlang:memory(total), now_ns(), [], 0).

create(#{memory := Memory, target := Target} = A, Until, MemoryBefore, Told, Pids, N) ->
    Now = now_ns(),
    NowTold = case Now - Told >= 1000000000 of
        true -> io:format(standard_error, "~b processes created~n", [N]), Now;
        false -> Told
    end,
    case {Target > 0 andalso N >= Target, Now >= Until,
          Memory > 0 andalso erlang:memory(total) - MemoryBefore >= Memory} of
        {true, _, _} -> {Pids, N, target};
        {_, true, _} -> {Pids, N, time};
        {_, _, true} -> {Pids, N, memory};
        _ ->
            Room = case Target of 0 -> ?CHUNK; _ -> min(?CHUNK, Target - N) end,
            case erlang:system_info(process_limit) - erlang:system_info(process_count) > Room of
                true -> create(A, Until, MemoryBefore, NowTold, spawn_echoes(Room, Pids), N + Room);
                false -> {Pids, N, threads}
            end
    end.

spawn_echoes(0, Pids) -> Pids;
spawn_echoes(N, Pids) -> spawn_echoes(N - 1, [spawn(fun echo/0) | Pids]).

%% Sends each of them one message: how many gave their own answer.
all_answer([], Answered) -> Answered;
all_answer(Pids, Answered) ->
    {Chunk, Rest} = lists:split(min(?CHUNK, length_up_to(Pids, ?CHUNK)), Pids),
    [Pid ! {self(), Answered} || Pid <- Chunk],
    [receive {Pid, Answered} -> ok end || Pid <- Chunk],
    all_answer(Rest, Answered + length(Chunk)).

length_up_to(_, 0) -> 0;
length_up_to([], _) -> 0;
length_up_to([_ | Rest], N) -> 1 + length_up_to(Rest, N - 1).

stop(Pids, ProcessesBefore) ->
    [Pid ! stop || Pid <- Pids],
    wait_until_gone(ProcessesBefore).

wait_until_gone(ProcessesBefore) ->
    case erlang:system_info(process_count) > ProcessesBefore of
        true -> receive after 1 -> wait_until_gone(ProcessesBefore) end;
        false -> ok
    end.

%% --- clock, histogram, memory ----------------------------------------------------------------------------------------

%% Runs batches until the time is up: ({value, count} of the mean ns per message, the number of trips).
batches(Batch, MessagesPerTrip, Until, Histogram, Trips) ->
    Went = now_ns(),
    Batch(),
    Came = now_ns(),
    Key = three_digits((Came - Went) / (?BATCH * MessagesPerTrip)),
    Counted = maps:update_with(Key, fun(C) -> C + 1 end, 1, Histogram),
    case Came < Until of
        true -> batches(Batch, MessagesPerTrip, Until, Counted, Trips + ?BATCH);
        false -> {[[V, C] || {V, C} <- lists:sort(maps:to_list(Counted))], Trips + ?BATCH}
    end.

three_digits(Value) when Value < 10 -> round(Value * 100) / 100;
three_digits(Value) when Value < 100 -> round(Value * 10) / 10;
three_digits(Value) when Value < 1000 -> float(round(Value));
three_digits(Value) -> 10 * three_digits(Value / 10).

work_loops() ->
    Loops = 200000,
    Best = lists:min([begin Start = now_ns(), spin(Loops), now_ns() - Start end || _ <- lists:seq(1, 7)]),
    max(1, round(?WORK_NS * Loops / Best)).

%% The proportional set size of the virtual machine, all of its processes in it.
pss() ->
    {ok, Text} = file:read_file("/proc/self/smaps_rollup"),
    {match, [Kib]} = re:run(Text, "^Pss:\\s+([0-9]+) kB", [multiline, {capture, all_but_first, list}]),
    list_to_integer(Kib) * 1024.
