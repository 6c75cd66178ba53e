%% Processes that are made: each handles a message and ends, or stays.
-module(peer_creation).
-export([create/1, created/1, crowd/1, idle/2, keep/1]).
-include("peer.hrl").

create(#task{messages = Messages}) ->
    Latch = peer_latch:latch(Messages),
    Maker = spawn(fun() -> make(peer_latch:heard(start), 0, Messages) end),
    Began = ?NOW,
    Maker ! {start, Latch},
    Ended = peer_latch:heard(ended),
    #iteration{began = Began, ended = Ended, counts = [peer_latch:counted(Latch, Messages)]}.

make(_, Actors, Actors) -> ok;
make(Latch, Number, Actors) ->
    spawn(?MODULE, created, [Latch]) ! Number,
    make(Latch, Number + 1, Actors).

created(Latch) ->
    receive Number -> peer_latch:count_down(Latch, Number) end.

%% So many idle processes that have handled a message when this returns, and stay.
crowd(Actors) ->
    Free = erlang:system_info(process_limit) - erlang:system_info(process_count),
    Actors < Free orelse throw({failed, io_lib:format("~b processes are more than +P allows", [Actors])}),
    {Keeper, Ref} = spawn_opt(fun() ->
        Pids = greeted(Actors, []),
        answers(Actors),
        erlang:hibernate(?MODULE, keep, [Pids])
    end, [monitor, {message_queue_data, off_heap}]),
    Keeper ! {there, self()},
    receive
        {here, Keeper} -> erlang:demonitor(Ref, [flush]), ok;
        {'DOWN', Ref, process, _, Reason} -> throw({failed, peer_answer:words(Reason)})
    end.

greeted(0, Pids) -> Pids;
greeted(Left, Pids) ->
    Pid = spawn(?MODULE, idle, [Left, 0]),
    Pid ! self(),
    greeted(Left - 1, [Pid | Pids]).

answers(0) -> ok;
answers(Left) ->
    receive heard -> answers(Left - 1) end.

%% It has its number and how many messages it handled: two words of its own.
idle(Number, Handled) ->
    receive
        From when is_pid(From) ->
            From ! heard,
            idle(Number, Handled + 1);
        {tell, Whom} -> Whom ! {self(), {Number, Handled}}
    end.

%% Their addresses are all that it has: what it made them with is gone when it answers.
keep(Pids) ->
    receive {there, Whom} -> Whom ! {here, self()} end,
    erlang:hibernate(?MODULE, keep, [Pids]).
